"""What recording for `merit explain` costs: the survey of a validation of 6,000 held-out
images, with everything that is ever measured, against the steps of its epoch of 54,000.
Timed in turn; the median of the ratios within a round."""
import json
import subprocess
import sys

import common

ROUNDS = sys.argv[1] if len(sys.argv) > 1 else "7"


def main():
    command = [common.build("bench_survey"), common.TRAIN, common.BUILD, ROUNDS]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rounds = [json.loads(line) for line in lines.splitlines()]
    epoch = common.median([r["epoch_s"] for r in rounds])
    survey = common.median([r["survey_s"] for r in rounds])
    ratio = common.median([r["survey_s"] / r["epoch_s"] for r in rounds])
    print(f"epoch {epoch:.2f} s, survey {1000 * survey:.1f} ms: {ratio:.2%} of training")


main()

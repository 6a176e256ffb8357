"""Do threads that train wait for pictures? 20,000 JPEGs of 64x64, in colour (images of
Fashion-MNIST, enlarged), become 28x28 of grey for the net of speed.py: first with all
pixels in memory, then with room for a fifteenth of them, so that 14 of 15 pictures are
read, decoded and resized again in each epoch, in turn with the other.

busy: the share of the threads' time that did not go into waiting for pictures or into
decoding what was not ready; validation included."""
import json
import shutil
import subprocess
import sys

import common

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
N, SIDE, EPOCHS = 20000, 64, 2
NET = "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu"
PLACE = common.BUILD / "bench" / "pictures"


def train(name, memory):
    run = PLACE / name
    shutil.rmtree(run, ignore_errors=True)
    out = subprocess.run(
        [common.MERIT, "train", PLACE / "jpegs", "--size", "28", "--channels", "1",
         "--memory", memory, "-n", NET, "-e", str(EPOCHS), "-l", "cross-entropy", "-q", "-o",
         run], check=True, capture_output=True, text=True).stdout
    end = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    sha = next(line for line in out.splitlines() if line.startswith("sha256")).split()[1]
    return {"images_per_s": EPOCHS * 0.9 * N / end["seconds"],
            "busy": 1 - (end["waited_for_pictures"] or 0), "sha": sha}


def main():
    if not (PLACE / "jpegs").exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        subprocess.run([common.build("write_jpegs"), common.TRAIN, PLACE / "jpegs", str(N),
                        str(SIDE)], check=True)
    rows = [{"in memory": train("kept", "1G"), "decoded ahead": train("ahead", "1M")}
            for _ in range(ROUNDS)]
    assert len({r["sha"] for row in rows for r in row.values()}) == 1, "models differ"
    print(f"{'':<16}{'images/s':>10}{'busy':>8}")
    for name in rows[0]:
        speed = common.median([row[name]["images_per_s"] for row in rows])
        busy = common.median([row[name]["busy"] for row in rows])
        print(f"{name:<16}{speed:>10,.0f}{100 * busy:>6.1f} %")
    print("The models are the same, bit for bit.")


main()

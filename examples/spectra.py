"""Raman spectra of minerals: bands where the minerals have them, on a fluorescent background, with
noise and a spectrometer that is off by a few wave numbers. Usage: spectra.py FILE SEED N"""

import sys

import numpy as np

BANDS = {  # wave number and relative height
    "calcite": {156: 0.3, 282: 0.4, 712: 0.2, 1086: 1.0},
    "aragonite": {153: 0.4, 206: 0.35, 705: 0.2, 1085: 1.0},
    "dolomite": {176: 0.3, 300: 0.4, 725: 0.2, 1098: 1.0},
    "quartz": {128: 0.5, 206: 0.5, 464: 1.0, 1162: 0.1},
    "gypsum": {415: 0.3, 493: 0.3, 1008: 1.0, 1135: 0.25},
    "anhydrite": {417: 0.2, 499: 0.3, 676: 0.2, 1017: 1.0, 1130: 0.3},
}
WAVE_NUMBERS = np.arange(100, 1300, 4)


def spectrum(mineral, random):
    x = WAVE_NUMBERS + random.normal(0, 3)
    y = random.uniform(1, 4) * np.exp(-((x - random.uniform(0, 1500)) / 700) ** 2)
    for place, height in BANDS[mineral].items():
        width = random.uniform(4, 8)
        y += height * random.uniform(0.6, 1.4) / (1 + ((x - place) / width) ** 2)
    return random.uniform(0.3, 3) * (y + random.normal(0, 0.12, len(x)))


random = np.random.default_rng(int(sys.argv[2]))
with open(sys.argv[1], "w") as out:
    print("sample", *WAVE_NUMBERS, "mineral", sep="\t", file=out)
    for i in range(int(sys.argv[3])):
        mineral = random.choice(list(BANDS))
        print(f"R{i}", *(f"{v:.3f}" for v in spectrum(mineral, random)), mineral, sep="\t",
              file=out)

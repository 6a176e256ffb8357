"""Embeddings of images by another model, and what they show: here the 50 directions in which
Fashion-MNIST's training images differ most. Usage: embeddings.py train|t10k NAME N"""

import gzip
import sys
from pathlib import Path

import numpy as np

FOLDER = Path("/usr/share/datasets/fashion-mnist")
NAMES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
         "Boot"]


def read(name, header, n):
    file = next(FOLDER.glob(f"{name}*"))
    data = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
    return np.frombuffer(data, np.uint8, offset=header).reshape(n, -1)


def main(part, name, n):
    train = read("train-images", 16, 60000)[:5000] / 255
    mean = train.mean(axis=0)
    directions = np.linalg.svd(train - mean, full_matrices=False)[2][:50]
    images = read(f"{part}-images", 16, 60000 if part == "train" else 10000)[-n:] / 255
    labels = read(f"{part}-labels", 8, 60000 if part == "train" else 10000)[-n:, 0]
    np.save(f"{name}.npy", ((images - mean) @ directions.T).astype(np.float32))
    Path(f"{name}-labels.txt").write_text("".join(NAMES[label] + "\n" for label in labels))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

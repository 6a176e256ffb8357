"""Whole training steps per second in PyTorch: torch_steps.py MODE, where MODE is eager,
channels_last or compile. Waits for a line on standard input, runs a round, prints a line
of JSON; ends with the input. The net and the setting are those of bench_steps.c."""
import gzip
import json
import sys
import time

import numpy
import torch
from torch import nn

STEPS, BATCH = 60, 128


def images(path):
    with gzip.open(path) as file:
        raw = file.read()
    pixels = numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    x = torch.from_numpy(pixels.astype(numpy.float32))
    return (x - x.mean()) / x.std()


def labels(path):
    with gzip.open(path) as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=8)
                                .astype(numpy.int64))


def main(mode, folder):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = images(f"{folder}/train-images-idx3-ubyte.gz")
    y = labels(f"{folder}/train-labels-idx1-ubyte.gz")
    net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))
    layout = torch.contiguous_format if mode == "eager" else torch.channels_last
    if mode != "eager":
        net = net.to(memory_format=layout)
        x = x.contiguous(memory_format=layout)
    forward = torch.compile(net) if mode == "compile" else net
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    criterion = nn.CrossEntropyLoss()
    order = torch.randperm(len(x))

    def step(i):
        index = order[i % (len(x) // BATCH) * BATCH:][:BATCH]
        loss = criterion(forward(x[index]), y[index])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for i in range(10):
        step(i)
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        for i in range(STEPS):
            step(i)
        elapsed = time.perf_counter() - begin
        print(json.dumps({"images_per_s": STEPS * BATCH / elapsed}), flush=True)


main(sys.argv[1], sys.argv[2])

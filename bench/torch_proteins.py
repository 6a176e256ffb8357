"""The net of proteins.py in PyTorch. Arguments: the folder of train.fasta and test.fasta,
the score table, steps, the share of residues hidden in training. Prints what each loss
earns by argmax and by the Bayes decision."""
import pathlib
import resource
import sys

import torch
from torch import nn
from torch.nn import functional as F

RESIDUES = "ARNDCQEGHILKMFPSTWYV"
CROP, BATCH, HIDE, LETTERS, END, HIDDEN = 128, 32, 0.15, 32, 31, 28
SCALE = {"cross-entropy": 0, "softmax-margin": 0.3}  # of the margins; auto's is 0.3, too


def read(path):
    records = path.read_text().split(">")[1:]
    return [torch.tensor([ord(c) - 65 if c.isalpha() else 26
                          for c in "".join(record.split("\n")[1:])]) for record in records]


def table(path):
    lines = [line.split() for line in path.read_text().splitlines() if line[0] != "#"]
    scores = {line[0]: dict(zip(lines[0], map(float, line[1:]))) for line in lines[1:]}
    return torch.tensor([[scores[i][k] for k in RESIDUES] for i in RESIDUES])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, 64)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(64, 64, 5, padding=2 * 2**i, dilation=2**i) for i in range(6))
        self.last = nn.Conv1d(64, 20, 1)

    def forward(self, codes):
        mask = (codes != END)[:, None].float()
        x = self.embedding(codes).transpose(1, 2) * mask
        for convolution in self.convolutions:
            x = x + convolution(F.relu(x)) * mask
        return self.last(F.relu(x)).transpose(1, 2)


def crops(proteins, generator, n):
    out = torch.full((n, CROP), END)
    for i in range(n):
        p = proteins[int(torch.randint(len(proteins), (), generator=generator))]
        start = int(torch.randint(max(1, len(p) - CROP + 1), (), generator=generator))
        part = p[start:start + CROP]
        out[i, :len(part)] = part
    return out


def hide(codes, generator, share=HIDE):
    """What the net sees, and which class is hidden where, -1 elsewhere."""
    class_of = torch.full((LETTERS,), -1)
    for i, letter in enumerate(RESIDUES):
        class_of[ord(letter) - 65] = i
    labels = class_of[codes]
    chosen = (torch.rand(codes.shape, generator=generator) < share) & (labels >= 0)
    return torch.where(chosen, torch.tensor(HIDDEN), codes), torch.where(
        chosen, labels, torch.tensor(-1))


def logits_of(net, proteins, seed, n):
    generator = torch.Generator().manual_seed(seed)
    found = []
    with torch.no_grad():
        for _ in range(n // 100):
            codes, labels = hide(crops(proteins, generator, 100), generator)
            at = labels >= 0
            found.append((net(codes)[at], labels[at]))
    return torch.cat([z for z, _ in found]), torch.cat([y for _, y in found])


def main():
    torch.set_num_threads(1)
    folder, steps, share = pathlib.Path(sys.argv[1]), int(sys.argv[3]), float(sys.argv[4])
    scores = table(pathlib.Path(sys.argv[2]))
    proteins, test = read(folder / "train.fasta"), read(folder / "test.fasta")
    train, held_out = proteins[len(proteins) // 20:], proteins[:len(proteins) // 20]
    for loss in SCALE:
        torch.manual_seed(1)
        generator = torch.Generator().manual_seed(1)
        net = Net()
        optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps,
                                                       pct_start=0.25, cycle_momentum=False)
        margin = SCALE[loss] * (scores.diagonal()[:, None] - scores)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        for _ in range(steps):
            codes, labels = hide(crops(train, generator, BATCH), generator, share)
            at = labels >= 0
            z, y = net(codes)[at], labels[at]
            value = F.cross_entropy(z + margin[y], y)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        z, y = logits_of(net, held_out, 2, 2000)
        temperature = min((0.5 + 0.05 * i for i in range(100)),
                          key=lambda t: float(F.cross_entropy(z / t, y)))
        z, y = logits_of(net, test, 3, 5000)
        bayes = (torch.softmax(z / temperature, 1) @ scores).argmax(1)
        print(f"PyTorch {loss}, {steps} steps, {share:.0%} hidden, {spent:.0f} s of the "
              f"processor: argmax "
              f"{float(scores[y, z.argmax(1)].mean()):.4f}, bayes "
              f"{float(scores[y, bayes].mean()):.4f}", flush=True)


main()

"""Losses and gradients by PyTorch, in float64, for tests/test_pytorch.py.

    pytorch_losses.py FOLDER     reads logits.npy [N,K], labels.npy [N], targets.npy [N,K]
                                 and scores.npy [K,K]; writes pytorch.npz

`NAME` is the value, `NAME.gradient` its gradient [N,K]."""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F


def soft_labels(S, temperature):
    return torch.softmax(S / temperature, dim=1)


def affine_labels(S):
    rise = S - S.mean(dim=1, keepdim=True)
    return 1 / len(S) + rise / (len(S) * (-rise).max())


def similarity_loss(z, y, S):
    """SimLoss as published: minus the log of the similarity-weighted probabilities."""
    return -torch.log((S[y] * torch.softmax(z, dim=1)).sum(dim=1)).mean()


def losses_of(y, p, S):
    """Name: function of the logits, the mean over the examples."""
    soft, affine = soft_labels(S, 0.5)[y], affine_labels(S)[y]
    hot = F.one_hot(y, len(S)).double()
    batchmean = {"reduction": "batchmean"}
    return {
        "labels": lambda z: F.cross_entropy(z, y),
        "nll": lambda z: F.nll_loss(F.log_softmax(z, dim=1), y),
        "targets": lambda z: F.cross_entropy(z, p),
        "soft-labels": lambda z: F.cross_entropy(z, soft),
        "affine-labels": lambda z: F.cross_entropy(z, affine),
        "divergence": lambda z: F.kl_div(F.log_softmax(z, dim=1), soft, **batchmean),
        "divergence-by-default": lambda z: F.kl_div(F.log_softmax(z, dim=1), soft),
        "brier": lambda z: F.mse_loss(torch.softmax(z, dim=1), hot, reduction="sum")
        / (2 * len(z)),
        "log-score": lambda z: similarity_loss(z, y, (S + 1) / 3),
        "expected-score": lambda z: -(S[y] * torch.softmax(z, dim=1)).sum() / len(z),
    }


def main():
    folder = Path(sys.argv[1])
    z, p, S = (torch.from_numpy(np.load(folder / f"{name}.npy").astype("f8"))
               for name in ("logits", "targets", "scores"))
    y = torch.from_numpy(np.load(folder / "labels.npy").astype("i8"))
    found = {}
    for name, loss in losses_of(y, p, S).items():
        z.requires_grad_(True)
        value = loss(z)
        found[name] = value.item()
        found[f"{name}.gradient"], = (g.numpy() for g in torch.autograd.grad(value, z))
        z = z.detach()
    np.savez(folder / "pytorch.npz", **found)


if __name__ == "__main__":
    main()

"""Independent float64 versions of what merit compare computes: crossed means, Student's
distribution by numerical integration, Holm's correction; from the formulas."""
import math

import numpy as np


def crossed_mean(values):
    """(mean, variance of it, degrees of freedom) of values[seed, example]."""
    S, N = values.shape
    seeds = np.var(values.mean(axis=1), ddof=1) / S if S > 1 else 0.0
    examples = np.var(values.mean(axis=0), ddof=1) / N
    variance = seeds + examples
    below = (seeds ** 2 / (S - 1) if S > 1 else 0.0) + examples ** 2 / (N - 1)
    return values.mean(), variance, variance ** 2 / below if below > 0 else math.inf


def student_p(t, df):
    """Two-sided: with x = sqrt(df) tan(angle) the density is c cos(angle)^(df - 1)."""
    if math.isinf(df):
        return math.erfc(abs(t) / math.sqrt(2))
    first, n = math.atan2(abs(t), math.sqrt(df)), 200000
    last = min(math.pi / 2, first + 60 / math.sqrt(df + 1))
    angles = np.linspace(first, last, n + 1)
    heights = np.cos(np.minimum(angles, math.pi / 2)).clip(0) ** (df - 1)
    simpson = heights[0] + heights[-1] + 4 * heights[1:-1:2].sum() + 2 * heights[2:-1:2].sum()
    c = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    return 2 * c * simpson * (last - first) / n / 3


def student_quantile(p, df):
    low, high = 0.0, 1.0
    while student_p(high, df) > p:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_p(middle, df) > p else (low, middle)
    return (low + high) / 2


def interval(values):
    mean, variance, df = crossed_mean(values)
    half = student_quantile(0.05, df) * math.sqrt(variance)
    return mean - half, mean + half


def p_value(values):
    mean, variance, df = crossed_mean(values)
    if mean == 0:
        return 1.0
    return student_p(mean / math.sqrt(variance), df) if variance > 0 else 0.0


def holm(p):
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(np.asarray(p)[order] * (len(p) - np.arange(len(p))))
    out = np.empty(len(p))
    out[order] = np.minimum(raised, 1)
    return out

"""Compiled inner loops, where measurement says they pay: each is one pass over an array, and its docstring its formula.

numba compiles a kernel when it is first called and keeps the result on disk. All take (R, rows, columns) arrays and
release the GIL. They never look beyond their own replica, so that a replica does not depend on its stack.
"""

from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
SUMS = {"reassoc", "contract"}  # sums may be taken in several lanes; infinities and NaN keep their meaning


def kernel(f: F) -> F:
    """Compiles f when it is first called: importing numba takes half a second, which `--help` must not wait for."""

    compiled: Any = None

    @wraps(f)
    def call(*arrays: Any) -> Any:
        nonlocal compiled
        if compiled is None:
            compiled = dispatcher(f)
        return compiled(*arrays)

    return call  # type: ignore[return-value]


def dispatcher(f: Callable[..., Any]) -> Any:
    """numba's, whose results one process at a time adds to the disk.

    numba numbers the results of a function as they come. Two processes that add one each at the same moment can take
    the same number, and one of them, or a third, then runs code for arrays of another type.
    """
    from filelock import FileLock
    from numba import njit

    def compile_alone(signature: Any) -> Any:
        made._cache._impl.locator.ensure_cache_path()
        with FileLock(f"{made._cache.cache_path}/kernels.lock"):
            return compile_here(signature)

    made = njit(unwrap(f), cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
    compile_here, made.compile = made.compile, compile_alone
    return made


def column(value: Any, like: np.ndarray) -> np.ndarray:
    """A hyperparameter, a number or (R, 1, 1), as an array (R,) of the dtype of `like`: what kernels take."""
    numbers = np.empty((len(like), 1, 1), like.dtype)
    numbers[...] = value
    return numbers[:, 0, 0]


@kernel
def add_bias(z, b):
    """z ← z + b, the bias (R, 1, O) to every row."""
    R, B, outputs = z.shape
    row = np.empty(outputs, b.dtype)  # an array of its own: the compiler sees that nothing else changes it
    for r in range(R):
        row[:] = b[r, 0]
        for i in range(B):
            for j in range(outputs):
                z[r, i, j] += row[j]


@kernel
def rectify(z, b):
    """z ← max(z + b, 0); where they are complex, the real part decides."""
    R, B, outputs = z.shape
    row = np.empty(outputs, b.dtype)
    for r in range(R):
        row[:] = b[r, 0]
        for i in range(B):
            for j in range(outputs):
                v = z[r, i, j] + row[j]
                z[r, i, j] = 0 if v.real < 0 else v


@kernel
def rectify_and_mask(z, b, random_bits, seed_index, threshold, factor):
    """`rectify`, then `mask`: z ← max(z + b, 0) times a factor where the bits say so, else 0."""
    R, B, outputs = z.shape
    per_row, last = random_bits.shape[1] > 1, len(threshold) - 1
    row = np.empty(outputs, b.dtype)
    for r in range(R):
        row[:] = b[r, 0]
        d, f = threshold[min(r, last)], factor[min(r, last)]
        for i in range(B):
            w = random_bits[seed_index[r], i if per_row else 0]
            for j in range(outputs):
                v = z[r, i, j] + row[j]
                z[r, i, j] = 0 if (v.real < 0) | (w[j] < d) else v * f


@kernel
def rectify_back(da, a, factor, db):
    """da ← da times a factor where a > 0, else 0; db ← its column sums."""
    R, B, outputs = a.shape
    row, last = np.empty(outputs, a.dtype), len(factor) - 1
    for r in range(R):
        row[:] = 0
        f = factor[min(r, last)]
        for i in range(B):
            for j in range(outputs):
                da[r, i, j] = da[r, i, j] * f if a[r, i, j].real > 0 else 0
            for j in range(outputs):
                row[j] += da[r, i, j]
        db[r, 0] = row


@kernel
def column_sums(dz, scale, sums):
    """Σᵢ dzᵢⱼ times a scale into `sums`, shape (R, 1, O)."""
    R, B, outputs = dz.shape
    row = np.empty(outputs, dz.dtype)
    for r in range(R):
        row[:] = 0
        for i in range(B):
            for j in range(outputs):
                row[j] += dz[r, i, j]
        for j in range(outputs):
            sums[r, 0, j] = row[j] * scale


@kernel
def shift_scores(z, y, shifted, score):
    """z − maxₖ z into `shifted`, and Σₖ yₖ (z − max)ₖ of each row into `score`, shape (R, B, 1)."""
    R, B, K = z.shape
    for r in range(R):
        for i in range(B):
            largest = z[r, i, 0]
            for k in range(1, K):
                if z[r, i, k].real > largest.real:
                    largest = z[r, i, k]
            total = z[r, i, 0] * 0
            for k in range(K):
                v = z[r, i, k] - largest
                shifted[r, i, k] = v
                total += y[r, i, k] * v
            score[r, i, 0] = total


@kernel
def normalise_scores(p, score):
    """p ← p / Σₖ pₖ in each row, and score ← log Σₖ pₖ − score, shape (R, B, 1)."""
    R, B, K = p.shape
    for r in range(R):
        for i in range(B):
            total = p[r, i, 0]
            for k in range(1, K):
                total += p[r, i, k]
            for k in range(K):
                p[r, i, k] /= total
            score[r, i, 0] = np.log(total) - score[r, i, 0]


@kernel
def scaled_difference(p, y, scale, d):
    """(p − y) s into d."""
    for r in range(p.shape[0]):
        for i in range(p.shape[1]):
            for k in range(p.shape[2]):
                d[r, i, k] = (p[r, i, k] - y[r, i, k]) * scale


@kernel
def misclassified(z, y, error):
    """1 into `error` (R, B, 1) where the first largest outputs of z and of y are not the same, else 0."""
    for r in range(z.shape[0]):
        for i in range(z.shape[1]):
            ours = theirs = 0
            for k in range(1, z.shape[2]):
                if z[r, i, k] > z[r, i, ours]:
                    ours = k
                if y[r, i, k] > y[r, i, theirs]:
                    theirs = k
            error[r, i, 0] = ours != theirs


@kernel
def weight_sums(W, sums):
    """Adds to `sums` (4, R): Σ w², Σ |w|, the number of zeros; and takes the largest Σ w² of a unit's incoming weights."""
    R, inputs, outputs = W.shape
    unit = np.empty(outputs)
    for r in range(R):
        unit[:] = 0
        sizes, zeros = 0.0, 0
        for i in range(inputs):
            for j in range(outputs):
                w = np.float64(W[r, i, j])
                unit[j] += w * w
                sizes += abs(w)  # type: ignore[assignment]  # numpy 2.1: its float64 is no float
                zeros += w == 0
        for j in range(outputs):
            sums[0, r] += unit[j]
            if not unit[j] <= sums[3, r]:  # so that NaN shows
                sums[3, r] = unit[j]
        sums[1, r] += sizes
        sums[2, r] += zeros


@kernel
def random_words(starts, gammas, count, out):
    """Fills out (S, n) with 64 random bits each: word i of sequence s is mix(startₛ + (count + i) γₛ).

    SplitMix64 with its mixing function (Steele, Lea & Flood, OOPSLA 2014): a word depends on its number alone, so that
    the compiler makes several at once.
    """
    for s in range(out.shape[0]):
        start, gamma = starts[s], gammas[s]
        for i in range(out.shape[1]):
            z = start + (np.uint64(count) + np.uint64(i + 1)) * gamma
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            out[s, i] = z ^ (z >> np.uint64(31))


@kernel
def gather(x, y, rows, dataset_of, own_x, own_y):
    """Replica r's rows[r] of the sets x and y (S, n, …) number dataset_of[r], into own_x and own_y (R, B, …)."""
    for r in range(rows.shape[0]):
        s = dataset_of[r]
        for i in range(rows.shape[1]):
            n = rows[r, i]
            for j in range(x.shape[2]):
                own_x[r, i, j] = x[s, n, j]
            for j in range(y.shape[2]):
                own_y[r, i, j] = y[s, n, j]


@kernel
def gather_scaled(held, chosen, mean, factor, rows, dataset_of, own):
    """Replica r's rows[r] of a set, which is the rows chosen (S, n) of one array (N, D): (row − mean) times the set's factor.

    Mean and factor, (S, D), are float64, and so is the arithmetic; without them, None, rows are copied. Four rows at a time
    (at the end the last is taken again): what comes from the memory comes sooner when it is asked for together.
    """
    columns, last = held.shape[1], rows.shape[1] - 1
    for r in range(rows.shape[0]):
        s = dataset_of[r]
        for a in range(0, last + 1, 4):
            b, c, d = min(a + 1, last), min(a + 2, last), min(a + 3, last)
            row_a, row_b = held[chosen[s, rows[r, a]]], held[chosen[s, rows[r, b]]]
            row_c, row_d = held[chosen[s, rows[r, c]]], held[chosen[s, rows[r, d]]]
            for j in range(columns):
                if mean is None:
                    own[r, a, j], own[r, b, j], own[r, c, j], own[r, d, j] = row_a[j], row_b[j], row_c[j], row_d[j]
                else:
                    m, f = mean[s, j], factor[s, j]
                    own[r, a, j] = (row_a[j] - m) * f
                    own[r, b, j] = (row_b[j] - m) * f
                    own[r, c, j] = (row_c[j] - m) * f
                    own[r, d, j] = (row_d[j] - m) * f


@kernel
def shuffle(random_bits, order):
    """An order of n things into each row of `order` (S, n) by random bits (S, n − 1): Fisher and Yates' shuffle.

    Place i is exchanged with place ⌊u (i + 1)⌋ of those up to it, u the upper 32 bits as a fraction.
    """
    S, n = order.shape
    for s in range(S):
        for i in range(n):
            order[s, i] = i
        for i in range(1, n):
            j = ((random_bits[s, i - 1] >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32)
            order[s, i], order[s, j] = order[s, j], order[s, i]


@kernel
def mask(a, random_bits, seed_index, threshold, factor, masked):
    """a times a factor where the entry's random bits are at least the threshold, else 0, into `masked`.

    Replica r has the bits of seed_index[r]; thresholds and factors are one a replica, or one for all.
    """
    per_row, last = random_bits.shape[1] > 1, len(threshold) - 1
    for r in range(a.shape[0]):
        d, f = threshold[min(r, last)], factor[min(r, last)]
        for i in range(a.shape[1]):
            w = random_bits[seed_index[r], i if per_row else 0]
            for j in range(a.shape[2]):
                masked[r, i, j] = a[r, i, j] * f if w[j] >= d else 0


@kernel
def add_scaled(g, scale, W, count):
    """g ← g + s W, on the first `count` columns."""
    for r in range(W.shape[0]):
        s = scale[r]
        for p in range(count):
            g[r, 0, p] += s * W[r, 0, p]


@kernel
def soft_threshold(W, threshold, count):
    """W ← sign(W) max(|W| − t, 0) on the first `count` columns: W minus its part within ±t, so that no sign is taken."""
    for r in range(W.shape[0]):
        t = threshold[r]
        for p in range(count):
            W[r, 0, p] -= min(max(W[r, 0, p], -t), t)


@kernel
def limit_columns(W, radius):
    """W·ⱼ ← W·ⱼ min(1, c / ‖W·ⱼ‖), each column's norm by itself."""
    R, inputs, outputs = W.shape
    norm = np.empty(outputs, W.dtype)
    for r in range(R):
        norm[:] = 0
        for i in range(inputs):
            for j in range(outputs):
                norm[j] += W[r, i, j] * W[r, i, j]
        for j in range(outputs):
            norm[j] = radius[r] / max(np.sqrt(norm[j]), radius[r])
        for i in range(inputs):
            for j in range(outputs):
                W[r, i, j] *= norm[j]


@kernel
def momentum_step(W, v, g, momentum, eta):
    """v ← μ v + g; W ← W − η v."""
    for r in range(W.shape[0]):
        m, e = momentum[r], eta[r]
        for p in range(W.shape[2]):
            v[r, 0, p] = m * v[r, 0, p] + g[r, 0, p]
            W[r, 0, p] -= e * v[r, 0, p]


@kernel
def adam_step(W, m, s, g, beta1, beta2, rate1, rate2, epsilon):
    """m ← β₁ m + (1 − β₁) g; s ← β₂ s + (1 − β₂) g²; W ← W − r₁ m / (√(r₂ s) + ε)."""
    for r in range(W.shape[0]):
        b1, b2, r1, r2, e = beta1[r], beta2[r], rate1[r], rate2[r], epsilon[r]
        for p in range(W.shape[2]):
            m[r, 0, p] = b1 * m[r, 0, p] + (1 - b1) * g[r, 0, p]
            s[r, 0, p] = b2 * s[r, 0, p] + (1 - b2) * g[r, 0, p] * g[r, 0, p]
            W[r, 0, p] -= r1 * m[r, 0, p] / (np.sqrt(r2 * s[r, 0, p]) + e)

"""Cases of the second table whose gradients are worked out by hand: what NumPy allows, without a library around it."""

# ruff: noqa: D103 - a function makes the task of the case of its name

import numpy as np
from cases import integers, logistic_data, normal
from workloads import Task

WEIGHTS = "weights of the loss"
CASES = {}


def by_hand(make):
    """Put a case into the table; what it makes gives the loss and all gradients."""

    def task():
        return Task(make(), lambda found: [np.abs(a).sum(dtype=float) for a in found])

    CASES[make.__name__] = task
    return task


@by_hand
def layer_norm():
    x, g = normal("x", 256, 512), normal(WEIGHTS, 256, 512)
    w, b, n = np.ones(512, np.float32), np.zeros(512, np.float32), np.float32(1 / 512)

    def step():
        h = x - np.add.reduce(x, axis=1, keepdims=True) * n
        variance = np.einsum("ij,ij->i", h, h)[:, None] * n
        scale = 1 / np.sqrt(variance + np.float32(1e-5))
        h *= scale
        out = h * w
        out += b
        loss = np.vdot(out, g)
        d = g * w
        d_mean, d_h = np.add.reduce(d, axis=1, keepdims=True) * n, np.einsum("ij,ij->i", d, h)[:, None] * n
        dw = np.einsum("ij,ij->j", g, h)
        d -= d_mean
        h *= d_h
        d -= h
        d *= scale
        return loss, dw, np.add.reduce(g, axis=0), d

    return step


@by_hand
def batch_norm_1d():
    x, g = normal("x", 256, 128), normal(WEIGHTS, 256, 128)
    w, b, n = np.ones(128, np.float32), np.zeros(128, np.float32), np.float32(1 / 256)
    ones = np.ones(256, np.float32)
    running = [np.zeros(128, np.float32), np.ones(128, np.float32)]

    def step():
        mean = ones @ x * n
        h = x - mean
        variance = np.einsum("ij,ij->j", h, h) * n
        running[0] += np.float32(0.1) * (mean - running[0])
        running[1] += np.float32(0.1) * (variance * np.float32(256 / 255) - running[1])
        scale = 1 / np.sqrt(variance + np.float32(1e-5))
        h *= scale
        out = h * w
        out += b
        loss = np.vdot(out, g)
        dw, db = np.einsum("ij,ij->j", g, h), ones @ g
        d = g - db * n
        h *= dw * n
        d -= h
        d *= w * scale
        return loss, dw, db, d

    return step


@by_hand
def cross_entropy():
    x, y, rows, n = normal("x", 256, 1000), integers("y", 1000, 256), np.arange(256), np.float32(1 / 256)

    def step():
        e = x - x.max(axis=1, keepdims=True)
        picked = e[rows, y]
        np.exp(e, e)
        total = np.add.reduce(e, axis=1, keepdims=True)
        loss = (np.log(total).sum() - picked.sum()) * n
        e *= n / total
        e[rows, y] -= n
        return loss, e

    return step


@by_hand
def embedding():
    table = normal("weight", 10_000, 64, scale=0.15)
    rows, g = integers("rows", 10_000, 1024), normal(WEIGHTS, 1024, 64)

    def step():
        loss = np.vdot(table[rows], g)
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        gradient = np.zeros_like(table)
        gradient[ordered[first]] = np.add.reduceat(g[order], first, axis=0)
        return loss, gradient

    return step


@by_hand
def einsum_batched():
    a, b = normal("A", 16, 32, 24, kind="float64"), normal("B", 16, 24, 40, kind="float64")

    def step():
        out = a @ b
        g = 2 * out
        return np.vdot(out, out), g @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ g

    return step


@by_hand
def cumsum():
    x = normal("x", 100_000, kind="float64", scale=0.01)

    def step():
        out = np.cumsum(x)
        return np.vdot(out, out), np.cumsum((2 * out)[::-1])[::-1]

    return step


@by_hand
def conv2d_depthwise():
    """Channels first, samples last, so that each product runs over rows of 16 x 32 neighbours."""
    x, g = (normal(name, 32, 64, 16, 16) for name in ("x", WEIGHTS))
    w, b = normal("weight", 64, 1, 3, 3, scale=0.15)[:, 0], normal("bias", 64, scale=0.15)

    def step():
        padded = np.zeros((64, 18, 18, 32), np.float32)
        padded[:, 1:-1, 1:-1] = x.transpose(1, 2, 3, 0)
        outer = np.ascontiguousarray(g.transpose(1, 2, 3, 0))
        out = np.zeros((64, 16, 16, 32), np.float32)
        product, d_padded, dw = np.empty_like(out), np.zeros_like(padded), np.empty((64, 1, 3, 3), np.float32)
        for i in range(3):
            for j in range(3):
                k, window = w[:, i, j][:, None, None, None], padded[:, i : i + 16, j : j + 16]
                out += np.multiply(window, k, product)
                d_padded[:, i : i + 16, j : j + 16] += np.multiply(outer, k, product)
                dw[:, 0, i, j] = np.einsum("chwn,chwn->c", window, outer)
        out += b[:, None, None, None]
        return np.vdot(out, outer), dw, outer.sum((1, 2, 3)), d_padded[:, 1:-1, 1:-1]

    return step


@by_hand
def conv2d_1x1():
    x, g = (normal(name, 32, 64, 16, 16).reshape(32, 64, 256) for name in ("x", WEIGHTS))
    w, b = normal("weight", 64, 64, 1, 1, scale=0.15)[:, :, 0, 0], normal("bias", 64, scale=0.15)

    def step():
        out = w @ x
        out += b[:, None]
        dw = np.matmul(g, x.swapaxes(1, 2)).sum(axis=0)
        return np.vdot(out, g), dw, g.sum((0, 2)), w.T @ g

    return step


@by_hand
def lstm():
    """One product for the inputs of all steps; sigmoid by tanh, all four gates at once."""
    steps, samples, n, m = 30, 32, 32, 64
    x, g = normal("x", steps, samples, n), normal(WEIGHTS, steps, samples, m)
    wi, wh = normal("weight_ih_l0", 4 * m, n, scale=0.15), normal("weight_hh_l0", 4 * m, m, scale=0.15)
    bias = normal("bias_ih_l0", 4 * m, scale=0.15) + normal("bias_hh_l0", 4 * m, scale=0.15)
    half, one = np.float32(0.5), np.float32(1.0)
    gates = slice(0, m), slice(m, 2 * m), slice(2 * m, 3 * m), slice(3 * m, 4 * m)

    def step():
        a = (x.reshape(steps * samples, n) @ wi.T + bias).reshape(steps, samples, 4 * m)
        h, c = np.zeros((2, steps + 1, samples, m), np.float32)
        tanh_c = np.empty((steps, samples, m), np.float32)
        for t in range(steps):
            now = a[t]
            now += h[t] @ wh.T
            for sigmoids in (now[:, : 2 * m], now[:, 3 * m :]):
                sigmoids *= half
            np.tanh(now, now)
            for sigmoids in (now[:, : 2 * m], now[:, 3 * m :]):
                sigmoids *= half
                sigmoids += half
            i, f, cell, o = (now[:, gate] for gate in gates)
            np.multiply(f, c[t], c[t + 1])
            c[t + 1] += i * cell
            np.multiply(o, np.tanh(c[t + 1], tanh_c[t]), h[t + 1])
        da, dh, dc = np.empty_like(a), np.zeros((samples, m), np.float32), np.zeros((samples, m), np.float32)
        for t in reversed(range(steps)):
            i, f, cell, o = (a[t][:, gate] for gate in gates)
            di, df, dcell, do = (da[t][:, gate] for gate in gates)
            dh = dh + g[t]
            np.multiply(dh, tanh_c[t], do)
            dc = dc + dh * o * (one - tanh_c[t] * tanh_c[t])
            np.multiply(dc, cell, di)
            np.multiply(dc, c[t], df)
            np.multiply(dc, i, dcell)
            da[t][:, : 2 * m] *= a[t][:, : 2 * m] * (one - a[t][:, : 2 * m])
            do *= o * (one - o)
            dcell *= one - cell * cell
            dc = dc * f
            dh = da[t] @ wh
        d = da.reshape(steps * samples, 4 * m)
        dbias = np.add.reduce(d, axis=0)
        dwi, dwh = d.T @ x.reshape(steps * samples, n), d.T @ h[:-1].reshape(steps * samples, m)
        return np.vdot(h[1:], g), dwi, dwh, dbias, dbias, d @ wi

    return step


@by_hand
def logistic_regression():
    x, y = logistic_data()

    def step():
        w = b = 0.0
        for _ in range(1000):
            d = (1 / (1 + np.exp(-(w * x + b))) - y) / len(x)
            w -= 0.5 * (d @ x)
            b -= 0.5 * d.sum()
        return w, b

    return step

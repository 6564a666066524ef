"""Synchronized batch normalizations by hand: honest ones in two designs, and ones with a fault planted."""

from __future__ import annotations

import sys
import time

import torch
import torch.distributed as dist
from torch import nn


class AllReduce(torch.autograd.Function):
    """A sum over the ranks; the gradient of every rank's copy flows back to all of them."""

    @staticmethod
    def forward(ctx, value):
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx, gradient):
        return AllReduce.apply(gradient.contiguous())


def axes(x):
    return [axis for axis in range(x.dim()) if axis != 1]


def shaped(value, x):
    return value.reshape(1, -1, *[1] * (x.dim() - 2))


class Base(nn.Module):
    """Parameters and running statistics as torch has them."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.eps, self.momentum = eps, momentum

    def keep(self, mean, unbiased):
        with torch.no_grad():
            for old, new in ((self.running_mean, mean), (self.running_var, unbiased)):
                old.mul_(1 - self.momentum).add_(self.momentum * new.to(old.dtype))


class TwoPass(Base):
    """Sums by a differentiable all_reduce, the variance about the mean of the batch: autograd does the rest."""

    def forward(self, x):
        wide = x.float() if x.dtype.itemsize == 2 else x
        count = AllReduce.apply(torch.tensor(float(x.numel() // x.shape[1]), dtype=wide.dtype))
        mean = AllReduce.apply(wide.sum(axes(x))) / count
        centred = wide - shaped(mean, x)
        var = AllReduce.apply(centred.square().sum(axes(x))) / count
        self.keep(mean, var * (count / (count - 1)))
        xhat = centred / shaped((var + self.eps).sqrt(), x)
        return (xhat * shaped(self.weight, x) + shaped(self.bias, x)).to(x.dtype)


class Squares(Base):
    """The same with E[x^2] - E[x]^2, which cancels where the mean is large."""

    def forward(self, x):
        count = AllReduce.apply(torch.tensor(float(x.numel() // x.shape[1]), dtype=x.dtype))
        mean = AllReduce.apply(x.sum(axes(x))) / count
        var = AllReduce.apply(x.square().sum(axes(x))) / count - mean.square()
        self.keep(mean, var * (count / (count - 1)))
        xhat = (x - shaped(mean, x)) / shaped((var + self.eps).sqrt(), x)
        return xhat * shaped(self.weight, x) + shaped(self.bias, x)


class Unseen(Base):
    """Sums over the ranks in place, which autograd does not see."""

    def forward(self, x):
        count = torch.tensor(float(x.numel() // x.shape[1]), dtype=x.dtype)
        mean = x.sum(axes(x))
        for value in (count, mean):
            dist.all_reduce(value)
        mean = mean / count
        square = (x - shaped(mean, x)).square().sum(axes(x))
        dist.all_reduce(square)
        var = square / count
        self.keep(mean, var * (count / (count - 1)))
        xhat = (x - shaped(mean, x)) / shaped((var + self.eps).sqrt(), x)
        return xhat * shaped(self.weight, x) + shaped(self.bias, x)


class OutsideRoot(Base):
    """A fault that has nothing to do with ranks."""

    def forward(self, x):
        count = AllReduce.apply(torch.tensor(float(x.numel() // x.shape[1]), dtype=x.dtype))
        mean = AllReduce.apply(x.sum(axes(x))) / count
        var = AllReduce.apply((x - shaped(mean, x)).square().sum(axes(x))) / count
        self.keep(mean, var * (count / (count - 1)))
        xhat = (x - shaped(mean, x)) / shaped(var.sqrt() + self.eps, x)
        return xhat * shaped(self.weight, x) + shaped(self.bias, x)


def gathered(value):
    found = [torch.empty_like(value) for _ in range(dist.get_world_size())]
    dist.all_gather(found, value.contiguous())
    return torch.stack(found)


def statistics(fault, counts, means, variances, rank):
    """The mean and the variance that a rank uses, from those of all ranks."""
    ranks, n = len(counts), counts[rank]
    m = counts.sum()
    mean, between = (counts * means).sum(0) / m, True
    match fault:
        case "local":
            return means[rank], variances[rank]
        case "rank 1 local" if rank == 1:
            return means[rank], variances[rank]
        case "first":
            return means[0], variances[0]
        case "mean of means":
            mean = means.mean(0)
            return mean, (variances + (means - mean).square()).mean(0)
        case "mean of variances":
            between = False
        case "unweighted":
            return means.mean(0), variances.mean(0)
        case "local variance":
            return mean, variances[rank]
        case "ranks times own size":
            mean = (counts * means).sum(0) / (ranks * n)
            return mean, (counts * (variances + (means - mean).square())).sum(0) / (ranks * n)
        case "unbiased":
            return mean, (counts * (variances + (means - mean).square())).sum(0) / (m - 1)
        case _:
            pass
    return mean, (counts * (variances + between * (means - mean).square())).sum(0) / m


def factors(fault, counts, rank):
    """What the sums of all ranks are multiplied by in the backward pass."""
    ranks, m = len(counts), counts.sum()
    own = torch.zeros_like(counts)
    own[rank] = 1
    match fault:
        case "local sums":
            return own / counts[rank]
        case "not reduced":
            return own / m
        case "constants":
            return torch.zeros_like(counts)
        case "mean of mean sums":
            return 1 / (ranks * counts)
        case "ranks times own size sums":
            return torch.ones_like(counts) / (ranks * counts[rank])
        case _:
            return torch.ones_like(counts) / m


class Synchronized(torch.autograd.Function):
    """As torch does it: moments of the shards are gathered and combined; the backward pass gathers two sums."""

    @staticmethod
    def forward(ctx, x, weight, bias, eps, fault):
        rank, wide = dist.get_rank(), (x.float() if x.dtype.itemsize == 2 else x)
        size = x.numel() // x.shape[1]
        if size:
            var, mean = torch.var_mean(wide, axes(x), correction=0)
        else:
            mean = var = torch.zeros(x.shape[1], dtype=wide.dtype)
        counts = gathered(torch.tensor([float(size)], dtype=wide.dtype))
        means, variances = gathered(mean), gathered(var)
        mean, var = statistics(fault, counts, means, variances, rank)
        s = (var + eps).sqrt()
        xhat = (wide - shaped(mean, x)) / shaped(s, x)
        ctx.save_for_backward(xhat, s, weight, counts)
        ctx.fault = fault
        ctx.mark_non_differentiable(mean, var)
        total = counts.sum()
        return (xhat * shaped(weight, x) + shaped(bias, x)).to(x.dtype), mean, var, total

    @staticmethod
    def backward(ctx, gradient, *_):
        xhat, s, weight, counts = ctx.saved_tensors
        fault, rank = ctx.fault, dist.get_rank()
        g = gradient.to(xhat.dtype)
        own_ones, own_xhat = g.sum(axes(g)), (g * xhat).sum(axes(g))
        ones, along = gathered(own_ones), gathered(own_xhat)
        of_ones = factors(fault, counts, rank)
        of_xhat = factors("" if fault.startswith("only ones") else fault, counts, rank)
        if fault == "only ones: local sums":
            of_ones = factors("local sums", counts, rank)
        a, c = (of_ones * ones).sum(0), (of_xhat * along).sum(0)
        dx = shaped(weight / s, g) * (g - shaped(a, g) - xhat * shaped(c, g))
        dweight, dbias = own_xhat, own_ones
        if fault in ("reduced", "averaged", "half averaged"):
            dweight, dbias = along.sum(0), ones.sum(0)
        if fault in ("averaged", "half averaged"):
            dweight = dweight / len(counts)
        if fault == "averaged":
            dbias = dbias / len(counts)
        return dx.to(gradient.dtype), dweight.to(weight.dtype), dbias.to(weight.dtype), None, None


class Sync(Base):
    """Honest without a fault."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, fault=""):
        super().__init__(num_features, eps, momentum)
        self.fault = fault

    def forward(self, x):
        out, mean, var, total = Synchronized.apply(x, self.weight, self.bias, self.eps, self.fault)
        n = x.numel() // x.shape[1]
        if self.fault == "own size in running":
            total = torch.tensor(float(n), dtype=x.dtype)
        if self.fault == "local running" and n:
            var, mean = torch.var_mean(x.detach(), axes(x), correction=0)
            total = torch.tensor(max(2.0, n), dtype=x.dtype)
        self.keep(mean, var if self.fault == "biased running" else var * (total / (total - 1)))
        return out


class Misbehaving(Sync):
    """Raises, hangs, or ends the process on rank 1."""

    def __init__(self, num_features, how):
        super().__init__(num_features)
        self.how = how

    def forward(self, x):
        print("a layer that prints")
        if dist.get_rank() == 1:
            if self.how == "raises":
                raise RuntimeError("no such channel")
            if self.how == "leaves":
                return x * self.weight.reshape(1, -1)
            if self.how == "sleeps":
                time.sleep(60)
            if self.how == "exits":
                sys.stdout.flush()
                import os

                os._exit(7)
        return super().forward(x)


class NoEmpty(Sync):
    """Refuses a shard without samples."""

    def forward(self, x):
        if not len(x):
            raise ValueError("expected at least one sample")
        return super().forward(x)


def factory():
    """What a function without arguments gives is the layer."""
    return Sync(4)


def without_sums():
    """A layer like any other; from now on the statements' sums over the batch are those of each rank alone."""
    from verify.ranks.statements.split import Split, Splitter

    def local(self, split, place):
        left = split.place if split.place is None or split.place < place else split.place - 1
        return Split(split.value.sum(1 + place), None if split.place == place else left)

    Splitter.sum = local
    return Sync(4)

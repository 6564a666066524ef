"""The setting of the paper: a batch of one feature, its normalization, a loss, and what they are called there."""

from derive.language import Derivative, Eq, Sum, define, inner, sqrt, squared_norm
from derive.layers import batchnorm

bn = batchnorm()
b, k, j = bn.indices("b k j")
m = bn.y.sizes[0]
L, g, y, yhat, mu, s, z = bn.loss, bn.gradient, bn.y, bn.yhat, bn.mu, bn.s, bn.z
gamma, beta, epsilon = bn.gamma, bn.beta, bn.epsilon

sigma = define("sigma", sqrt(bn.var))
"""The standard deviation of the batch. The layer divides by s = sqrt(sigma^2 + epsilon), the paper by sigma."""

FLAT = Eq(epsilon, 0)
"""What the paper assumes without saying so."""

v = define("v", Derivative(L, y[b]), b)
"""The gradient of the loss by the activations, with the layer; the paper's nabla_y L-hat."""

H = bn.second
"""The Hessian of the loss by the output of the layer; the paper's H_jj."""

norm_v, norm_g = squared_norm(v, b), squared_norm(g, b)
along_one, along_yhat = Sum(g[b], b), inner(g, yhat, b)

AT_ZERO = "epsilon = 0, as the paper has it"
IDENTICAL = "the network without the layer sees the same gradient g by what the layer puts out"

FOUR = {"m": 4}
BALANCED = {"y": (1, 1, -1, -1), "epsilon": 0}
"""A batch that is its own yhat: the sums at it can be done in the head."""

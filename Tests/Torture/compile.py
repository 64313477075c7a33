# SPDX-License-Identifier: Apache-2.0
#
# compile.py SECONDS: a recursive parser at work, on random nested expressions: always new stacks. At the end it prints
# how many bytes it has allocated, as the model beneath the shim counted them, then waits to be looked at.
import ctypes
import random
import sys
import time


class Count(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint64), ("bytes", ctypes.c_uint64)]


class Model(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_uint64), ("words", ctypes.c_uint32 * 4), ("allocated", Count * 512)]


def expression(depth):
    if depth == 0 or random.random() < 0.1:
        return random.choice(["a", "b", "1", "2.5", "'x'", "f(a)", "a[1]"])
    inner = [expression(depth - 1) for _ in range(2)]
    return random.choice(
        ["({} + {})", "({} if a else {})", "[{}, {}]", "f({}, k={})", "(lambda: {} or {})()", "{{{}: {}}}"]
    ).format(*inner)


def allocated():
    model = Model.in_dll(ctypes.CDLL(None), "model")
    return sum(c.bytes for c in model.allocated)


random.seed(1)
end = time.monotonic() + float(sys.argv[1])
compiled = 0
while time.monotonic() < end:
    compile(expression(random.randint(2, 9)), "x", "eval")
    compiled += 1
    if compiled % 1000 == 0:
        print("compiled", compiled, flush=True)
print("allocated", allocated(), flush=True)
sys.stdin.read()

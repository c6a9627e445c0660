# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental.numpy`."""

from numpy import complex128 as complex128
from numpy import complex64 as complex64
from numpy import float16 as float16
from numpy import float32 as float32
from numpy import float64 as float64
from numpy import iinfo as iinfo
from numpy import inexact as inexact
from numpy import int16 as int16
from numpy import int32 as int32
from numpy import int64 as int64
from numpy import int8 as int8
from numpy import object_ as object_
from numpy import uint16 as uint16
from numpy import uint32 as uint32
from numpy import uint64 as uint64
from numpy import uint8 as uint8
import numpy as np
import tidefall as tf
from tidefall._api.compat.v1.experimental.numpy import random as random
from tidefall._api.experimental.numpy import abs as abs
from tidefall._api.experimental.numpy import add as add
from tidefall._api.experimental.numpy import all as all
from tidefall._api.experimental.numpy import allclose as allclose
from tidefall._api.experimental.numpy import amax as amax
from tidefall._api.experimental.numpy import amin as amin
from tidefall._api.experimental.numpy import angle as angle
from tidefall._api.experimental.numpy import any as any
from tidefall._api.experimental.numpy import append as append
from tidefall._api.experimental.numpy import arange as arange
from tidefall._api.experimental.numpy import arccos as arccos
from tidefall._api.experimental.numpy import arccosh as arccosh
from tidefall._api.experimental.numpy import arcsin as arcsin
from tidefall._api.experimental.numpy import arcsinh as arcsinh
from tidefall._api.experimental.numpy import arctan as arctan
from tidefall._api.experimental.numpy import arctan2 as arctan2
from tidefall._api.experimental.numpy import arctanh as arctanh
from tidefall._api.experimental.numpy import argmax as argmax
from tidefall._api.experimental.numpy import argmin as argmin
from tidefall._api.experimental.numpy import argsort as argsort
from tidefall._api.experimental.numpy import around as around
from tidefall._api.experimental.numpy import array as array
from tidefall._api.experimental.numpy import array_equal as array_equal
from tidefall._api.experimental.numpy import asanyarray as asanyarray
from tidefall._api.experimental.numpy import asarray as asarray
from tidefall._api.experimental.numpy import ascontiguousarray as ascontiguousarray
from tidefall._api.experimental.numpy import atleast_1d as atleast_1d
from tidefall._api.experimental.numpy import atleast_2d as atleast_2d
from tidefall._api.experimental.numpy import atleast_3d as atleast_3d
from tidefall._api.experimental.numpy import average as average
from tidefall._api.experimental.numpy import bitwise_and as bitwise_and
from tidefall._api.experimental.numpy import bitwise_not as bitwise_not
from tidefall._api.experimental.numpy import bitwise_or as bitwise_or
from tidefall._api.experimental.numpy import bitwise_xor as bitwise_xor
from tidefall._api.experimental.numpy import broadcast_arrays as broadcast_arrays
from tidefall._api.experimental.numpy import broadcast_to as broadcast_to
from tidefall._api.experimental.numpy import cbrt as cbrt
from tidefall._api.experimental.numpy import ceil as ceil
from tidefall._api.experimental.numpy import clip as clip
from tidefall._api.experimental.numpy import compress as compress
from tidefall._api.experimental.numpy import concatenate as concatenate
from tidefall._api.experimental.numpy import conj as conj
from tidefall._api.experimental.numpy import copy as copy
from tidefall._api.experimental.numpy import cos as cos
from tidefall._api.experimental.numpy import cosh as cosh
from tidefall._api.experimental.numpy import count_nonzero as count_nonzero
from tidefall._api.experimental.numpy import cross as cross
from tidefall._api.experimental.numpy import cumprod as cumprod
from tidefall._api.experimental.numpy import cumsum as cumsum
from tidefall._api.experimental.numpy import deg2rad as deg2rad
from tidefall._api.experimental.numpy import diag as diag
from tidefall._api.experimental.numpy import diag_indices as diag_indices
from tidefall._api.experimental.numpy import diagflat as diagflat
from tidefall._api.experimental.numpy import diagonal as diagonal
from tidefall._api.experimental.numpy import diff as diff
from tidefall._api.experimental.numpy import divide as divide
from tidefall._api.experimental.numpy import divmod as divmod
from tidefall._api.experimental.numpy import dot as dot
from tidefall._api.experimental.numpy import dsplit as dsplit
from tidefall._api.experimental.numpy import dstack as dstack
from tidefall._api.experimental.numpy import einsum as einsum
from tidefall._api.experimental.numpy import empty as empty
from tidefall._api.experimental.numpy import empty_like as empty_like
from tidefall._api.experimental.numpy import equal as equal
from tidefall._api.experimental.numpy import exp as exp
from tidefall._api.experimental.numpy import exp2 as exp2
from tidefall._api.experimental.numpy import expand_dims as expand_dims
from tidefall._api.experimental.numpy import experimental_enable_numpy_behavior as experimental_enable_numpy_behavior
from tidefall._api.experimental.numpy import expm1 as expm1
from tidefall._api.experimental.numpy import eye as eye
from tidefall._api.experimental.numpy import finfo as finfo
from tidefall._api.experimental.numpy import fix as fix
from tidefall._api.experimental.numpy import flatten as flatten
from tidefall._api.experimental.numpy import flip as flip
from tidefall._api.experimental.numpy import fliplr as fliplr
from tidefall._api.experimental.numpy import flipud as flipud
from tidefall._api.experimental.numpy import float_power as float_power
from tidefall._api.experimental.numpy import floor as floor
from tidefall._api.experimental.numpy import floor_divide as floor_divide
from tidefall._api.experimental.numpy import full as full
from tidefall._api.experimental.numpy import full_like as full_like
from tidefall._api.experimental.numpy import gcd as gcd
from tidefall._api.experimental.numpy import geomspace as geomspace
from tidefall._api.experimental.numpy import greater as greater
from tidefall._api.experimental.numpy import greater_equal as greater_equal
from tidefall._api.experimental.numpy import heaviside as heaviside
from tidefall._api.experimental.numpy import hsplit as hsplit
from tidefall._api.experimental.numpy import hstack as hstack
from tidefall._api.experimental.numpy import hypot as hypot
from tidefall._api.experimental.numpy import identity as identity
from tidefall._api.experimental.numpy import imag as imag
from tidefall._api.experimental.numpy import inner as inner
from tidefall._api.experimental.numpy import isclose as isclose
from tidefall._api.experimental.numpy import iscomplex as iscomplex
from tidefall._api.experimental.numpy import iscomplexobj as iscomplexobj
from tidefall._api.experimental.numpy import isfinite as isfinite
from tidefall._api.experimental.numpy import isinf as isinf
from tidefall._api.experimental.numpy import isnan as isnan
from tidefall._api.experimental.numpy import isneginf as isneginf
from tidefall._api.experimental.numpy import isposinf as isposinf
from tidefall._api.experimental.numpy import isreal as isreal
from tidefall._api.experimental.numpy import isrealobj as isrealobj
from tidefall._api.experimental.numpy import isscalar as isscalar
from tidefall._api.experimental.numpy import issubdtype as issubdtype
from tidefall._api.experimental.numpy import ix_ as ix_
from tidefall._api.experimental.numpy import kron as kron
from tidefall._api.experimental.numpy import lcm as lcm
from tidefall._api.experimental.numpy import less as less
from tidefall._api.experimental.numpy import less_equal as less_equal
from tidefall._api.experimental.numpy import linspace as linspace
from tidefall._api.experimental.numpy import log as log
from tidefall._api.experimental.numpy import log10 as log10
from tidefall._api.experimental.numpy import log1p as log1p
from tidefall._api.experimental.numpy import log2 as log2
from tidefall._api.experimental.numpy import logaddexp as logaddexp
from tidefall._api.experimental.numpy import logaddexp2 as logaddexp2
from tidefall._api.experimental.numpy import logical_and as logical_and
from tidefall._api.experimental.numpy import logical_not as logical_not
from tidefall._api.experimental.numpy import logical_or as logical_or
from tidefall._api.experimental.numpy import logical_xor as logical_xor
from tidefall._api.experimental.numpy import logspace as logspace
from tidefall._api.experimental.numpy import matmul as matmul
from tidefall._api.experimental.numpy import max as max
from tidefall._api.experimental.numpy import maximum as maximum
from tidefall._api.experimental.numpy import mean as mean
from tidefall._api.experimental.numpy import meshgrid as meshgrid
from tidefall._api.experimental.numpy import min as min
from tidefall._api.experimental.numpy import minimum as minimum
from tidefall._api.experimental.numpy import mod as mod
from tidefall._api.experimental.numpy import moveaxis as moveaxis
from tidefall._api.experimental.numpy import multiply as multiply
from tidefall._api.experimental.numpy import nanmean as nanmean
from tidefall._api.experimental.numpy import nanprod as nanprod
from tidefall._api.experimental.numpy import nansum as nansum
from tidefall._api.experimental.numpy import ndim as ndim
from tidefall._api.experimental.numpy import negative as negative
from tidefall._api.experimental.numpy import nextafter as nextafter
from tidefall._api.experimental.numpy import nonzero as nonzero
from tidefall._api.experimental.numpy import not_equal as not_equal
from tidefall._api.experimental.numpy import ones as ones
from tidefall._api.experimental.numpy import ones_like as ones_like
from tidefall._api.experimental.numpy import outer as outer
from tidefall._api.experimental.numpy import pad as pad
from tidefall._api.experimental.numpy import polyval as polyval
from tidefall._api.experimental.numpy import positive as positive
from tidefall._api.experimental.numpy import prod as prod
from tidefall._api.experimental.numpy import promote_types as promote_types
from tidefall._api.experimental.numpy import ptp as ptp
from tidefall._api.experimental.numpy import rad2deg as rad2deg
from tidefall._api.experimental.numpy import ravel as ravel
from tidefall._api.experimental.numpy import real as real
from tidefall._api.experimental.numpy import reciprocal as reciprocal
from tidefall._api.experimental.numpy import repeat as repeat
from tidefall._api.experimental.numpy import reshape as reshape
from tidefall._api.experimental.numpy import result_type as result_type
from tidefall._api.experimental.numpy import roll as roll
from tidefall._api.experimental.numpy import rot90 as rot90
from tidefall._api.experimental.numpy import select as select
from tidefall._api.experimental.numpy import shape as shape
from tidefall._api.experimental.numpy import sign as sign
from tidefall._api.experimental.numpy import signbit as signbit
from tidefall._api.experimental.numpy import sin as sin
from tidefall._api.experimental.numpy import sinc as sinc
from tidefall._api.experimental.numpy import sinh as sinh
from tidefall._api.experimental.numpy import size as size
from tidefall._api.experimental.numpy import sort as sort
from tidefall._api.experimental.numpy import split as split
from tidefall._api.experimental.numpy import sqrt as sqrt
from tidefall._api.experimental.numpy import square as square
from tidefall._api.experimental.numpy import squeeze as squeeze
from tidefall._api.experimental.numpy import stack as stack
from tidefall._api.experimental.numpy import std as std
from tidefall._api.experimental.numpy import subtract as subtract
from tidefall._api.experimental.numpy import sum as sum
from tidefall._api.experimental.numpy import swapaxes as swapaxes
from tidefall._api.experimental.numpy import take as take
from tidefall._api.experimental.numpy import take_along_axis as take_along_axis
from tidefall._api.experimental.numpy import tan as tan
from tidefall._api.experimental.numpy import tanh as tanh
from tidefall._api.experimental.numpy import tensordot as tensordot
from tidefall._api.experimental.numpy import tile as tile
from tidefall._api.experimental.numpy import trace as trace
from tidefall._api.experimental.numpy import transpose as transpose
from tidefall._api.experimental.numpy import tri as tri
from tidefall._api.experimental.numpy import tril as tril
from tidefall._api.experimental.numpy import triu as triu
from tidefall._api.experimental.numpy import vander as vander
from tidefall._api.experimental.numpy import var as var
from tidefall._api.experimental.numpy import vdot as vdot
from tidefall._api.experimental.numpy import vsplit as vsplit
from tidefall._api.experimental.numpy import vstack as vstack
from tidefall._api.experimental.numpy import where as where
from tidefall._api.experimental.numpy import zeros as zeros
from tidefall._api.experimental.numpy import zeros_like as zeros_like

absolute = tf.experimental.numpy.abs
bool_ = np.bool
complex_ = np.complex128
conjugate = tf.experimental.numpy.conj
e: float
fabs = tf.experimental.numpy.abs
float_ = np.float64
inf: float
int_ = np.int64
ndarray = tf.Tensor
newaxis: None
pi: float
power = tf.experimental.numpy.float_power
remainder = tf.experimental.numpy.mod
round = tf.experimental.numpy.around
string_ = np.bytes_
true_divide = tf.experimental.numpy.divide
unicode_ = np.str_

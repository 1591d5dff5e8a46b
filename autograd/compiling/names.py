"""What is known of NumPy's functions and methods: which depend on values in their numbers alone.

What is not named here is not compiled.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Attributes that say nothing about values: they are the same in every run of a program.
METADATA = _words("shape ndim dtype size strides itemsize nbytes flags")

# Methods that make new arrays or views, whose shapes do not depend on values.
METHODS = _words(
    """
    all any argmax argmin argpartition argsort astype choose clip conj conjugate copy cumprod cumsum diagonal dot
    flatten max mean min prod ptp ravel repeat reshape round searchsorted squeeze std sum swapaxes take trace transpose
    var view
    """
)

# Functions that make arrays of nothing but shapes and numbers.
OF_NOTHING = _words("arange empty eye full identity indices linspace logspace ones tri zeros")

# Methods that write into the array.
WRITERS = _words("fill partition put sort")

# Functions whose results have shapes that follow from those of the operands.
FUNCTIONS = _words(
    """
    all allclose any amax amin angle append argmax argmin argpartition argsort around array_equal array_equiv
    array_split astype atleast_1d atleast_2d atleast_3d average block broadcast_arrays broadcast_to choose clip
    column_stack concat concatenate convolve copy copyto corrcoef correlate count_nonzero cov cross cumprod cumsum
    cumulative_prod cumulative_sum diag diag_indices_from diagflat diagonal diff digitize dot dsplit dstack ediff1d
    einsum empty_like expand_dims eye fft fft2 fftfreq fftn fftshift fill_diagonal fix flip fliplr flipud full_like
    gradient hfft hsplit hstack i0 ifft ifft2 ifftn ifftshift ihfft imag inner interp irfft irfft2 irfftn isclose isin
    isneginf isposinf kron lexsort matmul matrix_transpose max maximum mean median meshgrid min moveaxis multi_dot
    nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod
    nanquantile nanstd nansum nanvar norm ones_like outer pad partition percentile permute_dims place polyval prod ptp
    put put_along_axis putmask quantile ravel real repeat reshape resize rfft rfft2 rfftn roll rollaxis rot90 round
    row_stack searchsorted select sinc sliding_window_view sort split squeeze stack std sum swapaxes take
    take_along_axis tensordot tile trace transpose trapezoid tril triu unstack unwrap vander var vdot vecdot vsplit
    where zeros_like cholesky det eigh eigvalsh inv matrix_norm matrix_power pinv qr slogdet solve svd svdvals
    tensorinv tensorsolve vector_norm cond unravel_index ravel_multi_index
    """
)

# Those of them that write into their first argument.
WRITING = _words("copyto fill_diagonal place put put_along_axis putmask")

# Functions of shapes and dtypes alone.
ABOUT_FORM = _words(
    """
    shape ndim size result_type can_cast common_type may_share_memory shares_memory iscomplexobj isrealobj
    broadcast_shapes isscalar
    """
)

# Methods of a generator whose results have shapes that do not depend on chance.
DRAWS = _words(
    """
    random normal standard_normal uniform integers choice permutation permuted exponential standard_exponential
    binomial poisson beta gamma standard_gamma laplace logistic lognormal gumbel geometric chisquare dirichlet
    multinomial multivariate_normal triangular vonmises wald weibull rayleigh pareto power standard_cauchy standard_t
    """
)

# Functions and methods whose other arguments than the first say what shape a result has; of those that make arrays of
# nothing, the first as well.
SHAPED = _words(
    """
    arange array_split broadcast_to diag diagonal dsplit empty expand_dims eye fft fft2 fftn flip hfft hsplit identity
    ifft ifft2 ifftn ihfft indices irfft irfft2 irfftn linspace logspace moveaxis ones pad permute_dims repeat reshape
    resize rfft rfft2 rfftn rollaxis rot90 sliding_window_view split squeeze swapaxes tile transpose tri unstack vander
    vsplit zeros
    """
)

# Functions and methods that take integers as values, or as places, which no shape depends on.
VALUES = _words(
    """
    allclose array array_equal asanyarray asarray ascontiguousarray asfortranarray choose clip copyto fill full
    full_like interp isclose item nan_to_num one put searchsorted select take where
    """
)

# Functions and methods that refuse some values: who calls them may want that error, and not their result.
CHECKING = _words(
    """
    average choose cholesky cond digitize eigh eigvalsh inv matrix_norm matrix_power multi_dot nanargmax nanargmin norm
    percentile pinv place put put_along_axis putmask qr quantile ravel_multi_index repeat solve svd svdvals take
    take_along_axis tensorinv tensorsolve unravel_index
    """
)

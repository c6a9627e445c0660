# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.image`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

class ResizeMethod:
    """Names of the ways to resize, for `tf.image.resize`."""
    BILINEAR: str
    NEAREST_NEIGHBOR: str
    BICUBIC: str
    AREA: str
    LANCZOS3: str
    LANCZOS5: str
    GAUSSIAN: str
    MITCHELLCUBIC: str
@overload
def adjust_brightness(image: TensorLike, delta: TensorLike) -> tf.Tensor: ...
@overload
def adjust_brightness(image: TensorLike | tf.__internal__.CompositeTensor, delta: TensorLike | tf.__internal__.CompositeTensor) -> Any:
    """Add a number to all pixels."""
def adjust_contrast(images: TensorLike, contrast_factor: TensorLike) -> tf.Tensor:
    """Move each channel of each image away from its mean, or towards it."""
@overload
def adjust_gamma(image: TensorLike, gamma: TensorLike = 1, gain: TensorLike = 1) -> tf.Tensor: ...
@overload
def adjust_gamma(image: TensorLike | tf.__internal__.CompositeTensor, gamma: TensorLike | tf.__internal__.CompositeTensor = 1, gain: TensorLike | tf.__internal__.CompositeTensor = 1) -> Any:
    """`gain * image ** gamma`."""
def adjust_hue(image: TensorLike, delta: TensorLike, name: str | None = None) -> tf.Tensor:
    """Turn the hue of RGB images."""
def adjust_jpeg_quality(image: TensorLike, jpeg_quality: TensorLike, dct_method: str = '', name: str | None = None) -> tf.Tensor:
    """Encode an RGB image as JPEG and decode it, with all that is lost on the way."""
def adjust_saturation(image: TensorLike, saturation_factor: TensorLike, name: str | None = None) -> tf.Tensor:
    """Multiply the saturation of RGB images."""
def central_crop(image: TensorLike, central_fraction: Any) -> tf.Tensor:
    """Cut off the same share of an image on all sides."""
def combined_non_max_suppression(boxes: Any, scores: TensorLike, max_output_size_per_class: TensorLike, max_total_size: TensorLike, iou_threshold: TensorLike = 0.5, score_threshold: TensorLike = ..., pad_per_class: bool = False, clip_boxes: bool = True, name: str | None = None) -> tf.raw_ops._CombinedNonMaxSuppression:
    """The best boxes of each class, and of those the best."""
@overload
def convert_image_dtype(image: TensorLike, dtype: DTypeLike, saturate: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def convert_image_dtype(image: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike, saturate: bool = False, name: str | None = None) -> Any:
    """Change the dtype of images, and scale what they hold to the new range."""
def crop_and_resize(image: TensorLike, boxes: TensorLike, box_indices: TensorLike, crop_size: TensorLike, method: str = 'bilinear', extrapolation_value: float = 0.0, name: str | None = None) -> tf.Tensor:
    """Cut boxes out of images and resize them all to one size."""
def crop_to_bounding_box(image: TensorLike, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> tf.Tensor:
    """Cut a rectangle out of images."""
def decode_and_crop_jpeg(contents: TensorLike, crop_window: TensorLike, channels: int = 0, ratio: int = 1, fancy_upscaling: bool = True, try_recover_truncated: bool = False, acceptable_fraction: float = 1, dct_method: str = '', name: str | None = None) -> tf.Tensor:
    """Decode a rectangle of a JPEG file."""
def decode_bmp(contents: TensorLike, channels: int = 0, name: str | None = None) -> tf.Tensor:
    """Decode a BMP file that is not compressed."""
def decode_gif(contents: TensorLike, name: str | None = None) -> tf.Tensor:
    """Decode all frames of a GIF file."""
def decode_image(contents: TensorLike, channels: int | None = None, dtype: DTypeLike = tf.uint8, name: str | None = None, expand_animations: bool = True) -> tf.Tensor:
    """Decode a JPEG, PNG, GIF, BMP or WebP file."""
def decode_jpeg(contents: TensorLike, channels: int = 0, ratio: int = 1, fancy_upscaling: bool = True, try_recover_truncated: bool = False, acceptable_fraction: float = 1, dct_method: str = '', name: str | None = None) -> tf.Tensor:
    """Decode a JPEG file."""
def decode_jxl(contents: TensorLike, channels: int = 0, dtype: DTypeLike = tf.uint8, name: str | None = None) -> tf.Tensor:
    """Decode a JPEG XL file: not implemented."""
def decode_png(contents: TensorLike, channels: int = 0, dtype: DTypeLike = tf.uint8, name: str | None = None) -> tf.Tensor:
    """Decode a PNG file."""
def decode_webp(contents: TensorLike, channels: int = 0, dtype: DTypeLike = tf.uint8, name: str | None = None) -> tf.Tensor:
    """Decode a WebP file, moving or not."""
def draw_bounding_boxes(images: TensorLike, boxes: TensorLike, colors: TensorLike | None, name: str | None = None) -> tf.Tensor:
    """Draw the outlines of boxes into images."""
def encode_jpeg(image: TensorLike, format: str = '', quality: int = 95, progressive: bool = False, optimize_size: bool = False, chroma_downsampling: bool = True, density_unit: str = 'in', x_density: int = 300, y_density: int = 300, xmp_metadata: str = '', name: str | None = None) -> tf.Tensor:
    """Encode a picture as JPEG."""
def encode_png(image: TensorLike, compression: int = -1, name: str | None = None) -> tf.Tensor:
    """Encode pictures as PNG files."""
def extract_glimpse(input: TensorLike, size: TensorLike, offsets: TensorLike, centered: bool = True, normalized: bool = True, noise: str = 'uniform', name: str | None = None) -> tf.Tensor:
    """Cut a window out of each image; what lies outside of the image is noise."""
def extract_jpeg_shape(contents: TensorLike, output_type: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """The shape of a JPEG file's picture, without decoding it."""
def extract_patches(images: TensorLike, sizes: TensorLike, strides: TensorLike, rates: TensorLike, padding: str, name: str | None = None) -> tf.Tensor:
    """Patches of images, laid out along the depth."""
def flip_left_right(image: TensorLike) -> tf.Tensor:
    """Mirror images, left to right."""
def flip_up_down(image: TensorLike) -> tf.Tensor:
    """Mirror images, upside down."""
def generate_bounding_box_proposals(scores: TensorLike, bbox_deltas: TensorLike, image_info: TensorLike, anchors: TensorLike, nms_threshold: Any = 0.7, pre_nms_topn: Any = 6000, min_size: Any = 16, post_nms_topn: int = 300, name: str | None = None) -> Any:
    """Regions of interest from anchors and their shifts: not implemented."""
def grayscale_to_rgb(images: TensorLike, name: str | None = None) -> tf.Tensor:
    """Grey images with three equal channels."""
def hsv_to_rgb(images: TensorLike, name: str | None = None) -> tf.Tensor:
    """Hue, saturation and value to RGB."""
def image_gradients(image: TensorLike) -> tuple[tf.Tensor, tf.Tensor]:
    """Differences to the next row and to the next column."""
def is_jpeg(contents: TensorLike, name: str | None = None) -> tf.Tensor:
    """Whether a file begins as JPEG files do."""
def non_max_suppression(boxes: TensorLike, scores: TensorLike, max_output_size: TensorLike, iou_threshold: TensorLike = 0.5, score_threshold: TensorLike = ..., name: str | None = None) -> tf.Tensor:
    """The best boxes, leaving out those that overlap a better one."""
def non_max_suppression_overlaps(overlaps: TensorLike, scores: TensorLike, max_output_size: TensorLike, overlap_threshold: TensorLike = 0.5, score_threshold: TensorLike = ..., name: str | None = None) -> tf.Tensor:
    """The best boxes, for overlaps of your own measure."""
def non_max_suppression_padded(boxes: TensorLike, scores: TensorLike, max_output_size: TensorLike, iou_threshold: TensorLike = 0.5, score_threshold: TensorLike = ..., pad_to_max_output_size: bool = False, name: str | None = None, sorted_input: bool = False, canonicalized_coordinates: bool = False, tile_size: int = 512) -> tf.Tensor:
    """The best boxes of one or more images, with zeros behind up to a fixed number."""
def non_max_suppression_with_scores(boxes: TensorLike, scores: TensorLike, max_output_size: TensorLike, iou_threshold: TensorLike = 0.5, score_threshold: TensorLike = ..., soft_nms_sigma: TensorLike = 0.0, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """The best boxes and their scores, which may be lowered instead of leaving boxes out."""
def pad_to_bounding_box(image: TensorLike, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> tf.Tensor:
    """Put images into larger ones of zeros."""
def per_image_standardization(image: TensorLike) -> tf.Tensor:
    """Shift and scale each image to mean 0 and variance 1."""
def psnr(a: TensorLike, b: TensorLike, max_val: Any, name: str | None = None) -> tf.Tensor:
    """Peak signal-to-noise ratio between images, in decibels."""
@overload
def random_brightness(image: TensorLike, max_delta: TensorLike, seed: int | None = None) -> tf.Tensor: ...
@overload
def random_brightness(image: TensorLike | tf.__internal__.CompositeTensor, max_delta: TensorLike | tf.__internal__.CompositeTensor, seed: int | None = None) -> Any:
    """Add a random number to all pixels."""
def random_contrast(image: TensorLike, lower: Any, upper: Any, seed: int | None = None) -> tf.Tensor:
    """Change the contrast by a random factor."""
def random_crop(value: TensorLike, size: TensorLike, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Cut a piece of a given size out of a tensor, at a random place."""
def random_flip_left_right(image: TensorLike, seed: int | None = None) -> tf.Tensor:
    """Mirror each image, left to right, with probability one half."""
def random_flip_up_down(image: TensorLike, seed: int | None = None) -> tf.Tensor:
    """Turn each image upside down with probability one half."""
def random_hue(image: TensorLike, max_delta: Any, seed: int | None = None) -> tf.Tensor:
    """Turn the hue of RGB images by a random angle."""
def random_jpeg_quality(image: TensorLike, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: int | None = None) -> tf.Tensor:
    """Encode an image as JPEG of a random quality and decode it."""
def random_saturation(image: TensorLike, lower: Any, upper: Any, seed: int | None = None) -> tf.Tensor:
    """Multiply the saturation of RGB images by a random factor."""
@overload
def resize(images: TensorLike, size: TensorLike, method: Any = 'bilinear', preserve_aspect_ratio: bool = False, antialias: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def resize(images: TensorLike | tf.__internal__.CompositeTensor, size: TensorLike | tf.__internal__.CompositeTensor, method: Any = 'bilinear', preserve_aspect_ratio: bool = False, antialias: bool = False, name: str | None = None) -> Any:
    """Resize images."""
def resize_with_crop_or_pad(image: TensorLike, target_height: Any, target_width: Any) -> tf.Tensor:
    """Bring images to a size by cutting them or filling them up with zeros, around the middle."""
def resize_with_pad(image: TensorLike, target_height: Any, target_width: Any, method: Any = 'bilinear', antialias: bool = False) -> tf.Tensor:
    """Resize images without distorting them, and fill up with zeros on both sides."""
def rgb_to_grayscale(images: TensorLike, name: str | None = None) -> tf.Tensor:
    """The brightness of RGB images."""
def rgb_to_hsv(images: TensorLike, name: str | None = None) -> tf.Tensor:
    """RGB to hue, saturation and value."""
def rgb_to_yiq(images: TensorLike) -> tf.Tensor:
    """RGB to YIQ, the colours of NTSC."""
def rgb_to_yuv(images: TensorLike) -> tf.Tensor:
    """RGB to YUV, the colours of PAL."""
def rot90(image: TensorLike, k: TensorLike = 1, name: str | None = None) -> tf.Tensor:
    """Turn images counter-clockwise by quarter turns."""
def sample_distorted_bounding_box(image_size: TensorLike, bounding_boxes: TensorLike, seed: int = 0, min_object_covered: Any = 0.1, aspect_ratio_range: Any = None, area_range: Any = None, max_attempts: int | None = None, use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None) -> tf.raw_ops._SampleDistortedBoundingBoxV2:
    """Draw a box by lot that covers enough of one of the given boxes, for cropping."""
def sobel_edges(image: TensorLike) -> tf.Tensor:
    """Edges as Sobel's filters see them."""
def ssim(img1: TensorLike, img2: TensorLike, max_val: Any, filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03, return_index_map: bool = False) -> tf.Tensor:
    """Structural similarity of images."""
def ssim_multiscale(img1: TensorLike, img2: TensorLike, max_val: Any, power_factors: Any = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03) -> tf.Tensor:
    """Structural similarity of images at several scales, each half the one before."""
@overload
def stateless_random_brightness(image: TensorLike, max_delta: TensorLike, seed: TensorLike) -> tf.Tensor: ...
@overload
def stateless_random_brightness(image: TensorLike | tf.__internal__.CompositeTensor, max_delta: TensorLike | tf.__internal__.CompositeTensor, seed: TensorLike | tf.__internal__.CompositeTensor) -> Any:
    """Add to all pixels a number that a seed decides."""
def stateless_random_contrast(image: TensorLike, lower: Any, upper: Any, seed: TensorLike) -> tf.Tensor:
    """Change the contrast by a factor that a seed decides."""
def stateless_random_crop(value: TensorLike, size: TensorLike, seed: TensorLike, name: str | None = None) -> tf.Tensor:
    """Cut a piece of a given size out of a tensor, at a place that a seed decides."""
def stateless_random_flip_left_right(image: TensorLike, seed: TensorLike) -> tf.Tensor:
    """Mirror each image, left to right, with probability one half, as a seed says."""
def stateless_random_flip_up_down(image: TensorLike, seed: TensorLike) -> tf.Tensor:
    """Turn each image upside down with probability one half, as a seed says."""
def stateless_random_hue(image: TensorLike, max_delta: Any, seed: TensorLike) -> tf.Tensor:
    """Turn the hue of RGB images by an angle that a seed decides."""
def stateless_random_jpeg_quality(image: TensorLike, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: TensorLike) -> tf.Tensor:
    """Encode an image as JPEG, of a quality that a seed decides, and decode it."""
def stateless_random_saturation(image: TensorLike, lower: Any, upper: Any, seed: TensorLike | None = None) -> tf.Tensor:
    """Multiply the saturation of RGB images by a factor that a seed decides."""
def stateless_sample_distorted_bounding_box(image_size: TensorLike, bounding_boxes: TensorLike, seed: TensorLike, min_object_covered: Any = 0.1, aspect_ratio_range: Any = None, area_range: Any = None, max_attempts: int | None = None, use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None) -> tf.raw_ops._SampleDistortedBoundingBoxV2:
    """A box for cropping that a seed decides; it covers enough of one of the given boxes."""
def total_variation(images: TensorLike, name: str | None = None) -> tf.Tensor:
    """Sum of the absolute differences between neighbouring pixels."""
def transpose(image: TensorLike, name: str | None = None) -> tf.Tensor:
    """Swap height and width of images."""
def yiq_to_rgb(images: TensorLike) -> tf.Tensor:
    """YIQ, the colours of NTSC, to RGB."""
def yuv_to_rgb(images: TensorLike) -> tf.Tensor:
    """YUV, the colours of PAL, to RGB."""

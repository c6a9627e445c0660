# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.image`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import extract_image_patches as extract_image_patches
from tidefall._api.image import adjust_brightness as adjust_brightness
from tidefall._api.image import adjust_contrast as adjust_contrast
from tidefall._api.image import adjust_gamma as adjust_gamma
from tidefall._api.image import adjust_hue as adjust_hue
from tidefall._api.image import adjust_jpeg_quality as adjust_jpeg_quality
from tidefall._api.image import adjust_saturation as adjust_saturation
from tidefall._api.image import central_crop as central_crop
from tidefall._api.image import combined_non_max_suppression as combined_non_max_suppression
from tidefall._api.image import convert_image_dtype as convert_image_dtype
from tidefall._api.image import crop_to_bounding_box as crop_to_bounding_box
from tidefall._api.image import decode_and_crop_jpeg as decode_and_crop_jpeg
from tidefall._api.image import decode_bmp as decode_bmp
from tidefall._api.image import decode_gif as decode_gif
from tidefall._api.image import decode_image as decode_image
from tidefall._api.image import decode_jpeg as decode_jpeg
from tidefall._api.image import decode_jxl as decode_jxl
from tidefall._api.image import decode_png as decode_png
from tidefall._api.image import decode_webp as decode_webp
from tidefall._api.image import encode_jpeg as encode_jpeg
from tidefall._api.image import encode_png as encode_png
from tidefall._api.image import extract_jpeg_shape as extract_jpeg_shape
from tidefall._api.image import extract_patches as extract_patches
from tidefall._api.image import flip_left_right as flip_left_right
from tidefall._api.image import flip_up_down as flip_up_down
from tidefall._api.image import generate_bounding_box_proposals as generate_bounding_box_proposals
from tidefall._api.image import grayscale_to_rgb as grayscale_to_rgb
from tidefall._api.image import hsv_to_rgb as hsv_to_rgb
from tidefall._api.image import image_gradients as image_gradients
from tidefall._api.image import is_jpeg as is_jpeg
from tidefall._api.image import non_max_suppression as non_max_suppression
from tidefall._api.image import non_max_suppression_overlaps as non_max_suppression_overlaps
from tidefall._api.image import non_max_suppression_padded as non_max_suppression_padded
from tidefall._api.image import non_max_suppression_with_scores as non_max_suppression_with_scores
from tidefall._api.image import pad_to_bounding_box as pad_to_bounding_box
from tidefall._api.image import per_image_standardization as per_image_standardization
from tidefall._api.image import psnr as psnr
from tidefall._api.image import random_brightness as random_brightness
from tidefall._api.image import random_contrast as random_contrast
from tidefall._api.image import random_crop as random_crop
from tidefall._api.image import random_flip_left_right as random_flip_left_right
from tidefall._api.image import random_flip_up_down as random_flip_up_down
from tidefall._api.image import random_hue as random_hue
from tidefall._api.image import random_jpeg_quality as random_jpeg_quality
from tidefall._api.image import random_saturation as random_saturation
from tidefall._api.image import resize_with_crop_or_pad as resize_with_crop_or_pad
from tidefall._api.image import resize_with_pad as resize_with_pad
from tidefall._api.image import rgb_to_grayscale as rgb_to_grayscale
from tidefall._api.image import rgb_to_hsv as rgb_to_hsv
from tidefall._api.image import rgb_to_yiq as rgb_to_yiq
from tidefall._api.image import rgb_to_yuv as rgb_to_yuv
from tidefall._api.image import rot90 as rot90
from tidefall._api.image import sobel_edges as sobel_edges
from tidefall._api.image import ssim as ssim
from tidefall._api.image import ssim_multiscale as ssim_multiscale
from tidefall._api.image import stateless_random_brightness as stateless_random_brightness
from tidefall._api.image import stateless_random_contrast as stateless_random_contrast
from tidefall._api.image import stateless_random_crop as stateless_random_crop
from tidefall._api.image import stateless_random_flip_left_right as stateless_random_flip_left_right
from tidefall._api.image import stateless_random_flip_up_down as stateless_random_flip_up_down
from tidefall._api.image import stateless_random_hue as stateless_random_hue
from tidefall._api.image import stateless_random_jpeg_quality as stateless_random_jpeg_quality
from tidefall._api.image import stateless_random_saturation as stateless_random_saturation
from tidefall._api.image import stateless_sample_distorted_bounding_box as stateless_sample_distorted_bounding_box
from tidefall._api.image import total_variation as total_variation
from tidefall._api.image import transpose as transpose
from tidefall._api.image import yiq_to_rgb as yiq_to_rgb
from tidefall._api.image import yuv_to_rgb as yuv_to_rgb
from typing import Any

class ResizeMethod:
    """TensorFlow 1's numbers for the ways to resize."""
    BILINEAR: int
    NEAREST_NEIGHBOR: int
    BICUBIC: int
    AREA: int
def crop_and_resize(image: TensorLike, boxes: TensorLike, box_ind: Any = None, crop_size: TensorLike | None = None, method: str = 'bilinear', extrapolation_value: float = 0, name: str | None = None, box_indices: TensorLike | None = None) -> tf.Tensor:
    """`tf.image.crop_and_resize` with TensorFlow 1's parameters."""
def draw_bounding_boxes(images: TensorLike, boxes: TensorLike, name: str | None = None, colors: TensorLike | None = None) -> tf.Tensor:
    """`tf.image.draw_bounding_boxes`, where colours may be left out."""
def extract_glimpse(input: TensorLike, size: TensorLike, offsets: TensorLike, centered: bool = True, normalized: bool = True, uniform_noise: Any = True, name: str | None = None) -> tf.Tensor:
    """`tf.image.extract_glimpse` with TensorFlow 1's parameters."""
def resize(images: TensorLike, size: TensorLike, method: Any = 0, align_corners: bool = False, preserve_aspect_ratio: bool = False, name: str | None = None) -> tf.Tensor:
    """Resize images as TensorFlow 1 did: pixels are points, not areas."""
def resize_area(images: TensorLike, size: Any, align_corners: bool = False, name: str | None = None) -> tf.Tensor:
    """The op `ResizeArea` for `[batch, height, width, channels]` images."""
def resize_bicubic(images: TensorLike, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False) -> tf.Tensor:
    """The op `ResizeBicubic` for `[batch, height, width, channels]` images."""
def resize_bilinear(images: TensorLike, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False) -> tf.Tensor:
    """The op `ResizeBilinear` for `[batch, height, width, channels]` images."""
resize_image_with_crop_or_pad = tf.image.resize_with_crop_or_pad
def resize_image_with_pad(image: TensorLike, target_height: Any, target_width: Any, method: Any = 0, align_corners: bool = False) -> tf.Tensor:
    """`tf.image.resize_with_pad` with TensorFlow 1's way to resize."""
resize_images = tf.compat.v1.image.resize
def resize_nearest_neighbor(images: TensorLike, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False) -> tf.Tensor:
    """The op `ResizeNearestNeighbor` for `[batch, height, width, channels]` images."""
def sample_distorted_bounding_box(image_size: TensorLike, bounding_boxes: TensorLike, seed: int | None = None, seed2: int | None = None, min_object_covered: Any = 0.1, aspect_ratio_range: Sequence[float] | None = None, area_range: Sequence[float] | None = None, max_attempts: int | None = None, use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None) -> tf.raw_ops._SampleDistortedBoundingBoxV2:
    """`tf.image.sample_distorted_bounding_box` with both seeds."""
transpose_image = tf.image.transpose

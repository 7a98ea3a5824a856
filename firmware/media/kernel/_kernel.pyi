"""What cffi makes of kernel.h, as far as the typed wrapper needs to know."""

from typing import Any

ffi: Any
lib: Any

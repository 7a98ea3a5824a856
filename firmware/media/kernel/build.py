"""Compiles the kernel beside this file: `python firmware/media/kernel/build.py` (as a module it would import
the package around it, which needs the kernel).

Only a C compiler and the interpreter's headers are needed; the extension suffix names the interpreter, so
that several versions can share a checkout.
"""

import subprocess
import sysconfig
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
MODULE = "firmware.media.kernel._kernel"
FLAGS = ("-shared", "-fPIC", "-O3", "-std=gnu11", "-Wall", "-Wno-parentheses")


def declarations() -> str:
    """The header without its directives for the compiler, as cffi reads it."""
    lines = (HERE / "kernel.h").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("#pragma", "#include")))


def build() -> Path:
    """Writes the extension module and returns its path; raises CalledProcessError if it does not compile."""
    binding = FFI()
    binding.cdef(declarations())
    binding.set_source(MODULE, '#include "kernel.h"')
    target = HERE / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        glue = Path(folder, "glue.c")
        binding.emit_c_code(str(glue))
        fresh = Path(folder, "fresh.so")
        include = sysconfig.get_paths()["include"]
        sources = (str(glue), str(HERE / "kernel.c"))
        command = ("cc", *FLAGS, f"-I{include}", f"-I{HERE}", *sources, "-lm", "-o", str(fresh))
        subprocess.run(command, check=True)
        fresh.replace(target)
    return target


if __name__ == "__main__":
    build()

"""Zstandard frames (RFC 8878) by way of the system's libzstd; Debian's Python has none."""

import ctypes
import ctypes.util

_lib = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_lib.ZSTD_createCCtx.restype = ctypes.c_void_p
for _name in (
    "ZSTD_compress2",
    "ZSTD_compressBound",
    "ZSTD_decompress",
    "ZSTD_findFrameCompressedSize",
    "ZSTD_CCtx_setParameter",
):
    getattr(_lib, _name).restype = ctypes.c_size_t
_lib.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong

_COMPRESSION_LEVEL, _WINDOW_LOG, _CONTENT_SIZE, _CHECKSUM = 100, 101, 200, 201
_SIZE_UNKNOWN, _SIZE_ERROR = 2**64 - 1, 2**64 - 2


class FrameError(Exception):
    """These bytes are not one whole frame."""


def _check(code):
    if _lib.ZSTD_isError(ctypes.c_size_t(code)):
        raise FrameError("zstd: error %d" % (2**64 - code))
    return code


def compress(data, level=1, checksum=True, content_size=True, window_log=0):
    """One frame, as the spool wants it unless told otherwise."""
    context = ctypes.c_void_p(_lib.ZSTD_createCCtx())
    try:
        for parameter, value in (
            (_COMPRESSION_LEVEL, level),
            (_CHECKSUM, int(checksum)),
            (_CONTENT_SIZE, int(content_size)),
            (_WINDOW_LOG, window_log),
        ):
            _check(_lib.ZSTD_CCtx_setParameter(context, parameter, value))
        room = _lib.ZSTD_compressBound(ctypes.c_size_t(len(data)))
        out = ctypes.create_string_buffer(room)
        size = _check(
            _lib.ZSTD_compress2(
                context, out, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data))
            )
        )
        return out.raw[:size]
    finally:
        _lib.ZSTD_freeCCtx(context)


def content_size(frame):
    """What the frame's header says, None when it does not."""
    size = _lib.ZSTD_getFrameContentSize(frame, ctypes.c_size_t(len(frame)))
    if size == _SIZE_ERROR:
        raise FrameError("zstd: no frame")
    return None if size == _SIZE_UNKNOWN else size


def has_checksum(frame):
    """Bit 2 of the frame header descriptor (RFC 8878, 3.1.1.1.1)."""
    return len(frame) > 4 and bool(frame[4] & 4)


def decompress(frame):
    """The content of exactly one whole frame that tells its size."""
    whole = _check(
        _lib.ZSTD_findFrameCompressedSize(frame, ctypes.c_size_t(len(frame)))
    )
    if whole != len(frame):
        raise FrameError("zstd: %d bytes after the frame" % (len(frame) - whole))
    size = content_size(frame)
    if size is None:
        raise FrameError("zstd: the frame does not tell its content's size")
    out = ctypes.create_string_buffer(max(size, 1))
    got = _check(
        _lib.ZSTD_decompress(
            out, ctypes.c_size_t(size), frame, ctypes.c_size_t(len(frame))
        )
    )
    if got != size:
        raise FrameError("zstd: %d bytes instead of %d" % (got, size))
    return out.raw[:size]

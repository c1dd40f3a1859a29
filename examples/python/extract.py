"""Reads a file's metadata through any Python file object that can seek, with nothing but ctypes.

    METAEXTRACT=target/release/libmetaextract.so python3 examples/python/extract.py FILE
"""
import ctypes
import json
import os
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_int32, c_size_t, c_uint32, c_uint64, c_void_p

OK, DONE = 0, 1
NOWHERE = 2**64 - 1


class Range(ctypes.Structure):
    _fields_ = [("offset", c_uint64), ("length", c_uint64), ("flags", c_uint32), ("reserved", c_uint32)]


class Error(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("status", c_int32), ("offset", c_uint64), ("message", c_char * 240)]


def load(path):
    library = ctypes.CDLL(path)
    declared = {  # name: (result, arguments); ctypes takes and returns int for what is not declared
        "mx_status_name": (c_char_p, [c_int32]),
        "mx_open": (c_int, [c_void_p, POINTER(c_void_p)]),
        "mx_set_length": (c_int, [c_void_p, c_uint64]),
        "mx_wanted": (c_size_t, [c_void_p, POINTER(Range), c_size_t]),
        "mx_feed_at": (c_int, [c_void_p, c_uint64, c_char_p, c_size_t]),
        "mx_finish": (c_int, [c_void_p, POINTER(c_void_p)]),
        "mx_last_error": (c_int, [c_void_p, POINTER(Error)]),
        "mx_close": (None, [c_void_p]),
        "mx_document_json": (c_char_p, [c_void_p, POINTER(c_size_t)]),
        "mx_document_free": (None, [c_void_p]),
    }
    for name, (result, arguments) in declared.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def extract(mx, file):
    """The document of a file, as Python values. Only what is wanted is read."""
    x, document, want = c_void_p(), c_void_p(), Range()

    def check(status):
        if status >= OK:
            return status
        error = Error(struct_size=ctypes.sizeof(Error))
        mx.mx_last_error(x, byref(error))
        where = "" if error.offset == NOWHERE else f" (offset {error.offset})"
        raise ValueError(f"{mx.mx_status_name(status).decode()}: {error.message.decode()}{where}")

    check(mx.mx_open(None, byref(x)))
    try:
        status = check(mx.mx_set_length(x, file.seek(0, os.SEEK_END)))
        while status == OK and mx.mx_wanted(x, byref(want), 1) > 0:
            file.seek(want.offset)
            data = file.read(min(want.length, 1 << 16))
            status = check(mx.mx_feed_at(x, want.offset, data, len(data)))  # no bytes: the file ends here
        check(mx.mx_finish(x, byref(document)))
        try:
            return json.loads(mx.mx_document_json(document, None))
        finally:
            mx.mx_document_free(document)
    finally:
        mx.mx_close(x)


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FILE")
    mx = load(os.environ.get("METAEXTRACT", "libmetaextract.so"))
    try:
        with open(sys.argv[1], "rb", buffering=0) as file:
            document = extract(mx, file)
    except (OSError, ValueError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    print(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    modality = document["headers"].get("dataset", {}).get("00080060", {}).get("Value")
    if modality:
        print("modality:", modality[0])


if __name__ == "__main__":
    main()

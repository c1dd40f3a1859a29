#!/usr/bin/env python3
"""Writes the seeds of the target c_api: programs of calls (src/calls.rs), each with small files of every format.

    programs.py FOLDER
"""
import pathlib
import sys

OUT = pathlib.Path(sys.argv[1])
FIXTURES = pathlib.Path(__file__).parent.parent / "tests/fixtures"
FILES = ["dicom/sq_explicit.dcm", "dicom/trunc_sq.dcm", "dicom/encap_bot.dcm", "fits/continued.fits", "fits/gz_stored.fits.gz",
         "hdf5/sb3.h5", "hdf5/groups_old.h5", "cdl/small.nc", "cdl/small_4.nc"]

(NEW, FREE, SET, LISTEN, OPEN, LENGTH_ANY, LENGTH, PUSH, _, LIE, FEED, _, ANSWER, _, WANTED, FINISH, CANCEL, ERROR, USAGE, CLOSE,
 DROP, WHOLE, STEP, _, GET, POINTER, READ, EXTRACT, BATCH, DETECT, NAME, WITH_NULL) = range(32)
SELF, NONE, RECORDS = 5, 0, 8
LOOK = [(WHOLE, 0, 0, 200), *[(STEP, 0, n, 0) for n in (3, 0, 0)], (GET, 0, 0, 0), (POINTER, 0, 1, 0), (STEP, 0, 2, 0), (GET, 0, 0, 0)]
PROGRAMS = {
    "seek": [(NEW, 0, 0, 0), (OPEN, 0, 0, 0), (LENGTH, 0, 0, 0), (WANTED, 0, 3, 0), (ANSWER, 0, 255, 0), (FINISH, 0, 0, 0),
             (USAGE, 0, 0, 0), (ERROR, 0, 136, 0), *LOOK],
    "push": [(NEW, 0, 0, 0), (OPEN, 0, 0, 0), *[(PUSH, 0, n, 4) for n in (3, 20, 7, 255, 255, 255)], (PUSH, 0, 255, 7),
             (FINISH, 0, 0, 0), *LOOK],
    "partial": [(NEW, 0, 0, 0), (OPEN, 0, 0, 0), (PUSH, 0, 40, 3), (FINISH, 0, 0, 0), (WANTED, 0, 9, 0), (ANSWER, 0, 255, 0),
                (FINISH, 0, 1, 0), *LOOK],
    "options": [(NEW, 0, 0, 0), *[(SET, 0, n, b) for n, b in enumerate((0, 148, 16, 3, 2, 1, 0, 100, 5))], (OPEN, 0, 0, 0),
                (FEED, 0, 0, 255), (ANSWER, 0, 99, 0), (FINISH, 0, 0, 0), *LOOK],
    "records": [(NEW, 0, 0, 0), (LISTEN, 0, RECORDS + 3, 4), (OPEN, 0, 0, 0), (ANSWER, 0, 255, 0), (FINISH, 0, 0, 0), (WHOLE, 0, 0, 9)],
    "breaks": [(NEW, 0, 0, 0), (LISTEN, 0, RECORDS + 1, 2), (OPEN, 0, 0, 0), (ANSWER, 0, 255, 0), (FINISH, 0, 0, 0), (ERROR, 0, 99, 0)],
    "progress": [(NEW, 0, 0, 0), (LISTEN, 0, NONE + 6, 1), (OPEN, 0, 0, 0), (LENGTH, 0, 0, 0), (PUSH, 0, 255, 7), (FINISH, 0, 0, 0)],
    "files": [(NEW, 0, 0, 0), (OPEN, 0, 0, 0), (READ, 0, SELF, 0), (FINISH, 0, 0, 0), (CLOSE, 0, 0, 0), *LOOK,
              (EXTRACT, 0, 1, SELF), (EXTRACT, 0, 2, 1), (DROP, 0, 1, 0)],
    "batch": [(NEW, 0, 0, 0), (BATCH, 0, 2, 0), *[(BATCH, 0, 0, n) for n in (SELF, 0, SELF)], (BATCH, 0, 1, 0), (BATCH, 0, 2, 0),
              *[(BATCH, 0, 1, 0)] * 3, (BATCH, 0, 3, 0)],
    "lies": [(NEW, 0, 0, 0), (OPEN, 0, 0, 0), (LENGTH_ANY, 0, 208, 0), (LIE, 0, 40, 255), (LIE, 0, 0, 240), (LIE, 0, 90, 8), (CANCEL, 0, 0, 0),
             (FINISH, 0, 0, 0), (FREE, 0, 0, 0), (OPEN, 1, 0, 0), *[(WITH_NULL, 1, n, 0) for n in range(8)], (DETECT, 0, 99, 0), (NAME, 0, 5, 0)],
}

OUT.mkdir(parents=True, exist_ok=True)
for name, calls in PROGRAMS.items():
    for number, file in enumerate(FILES):
        data = bytes([len(calls)]) + bytes(byte for call in calls for byte in call) + (FIXTURES / file).read_bytes()
        (OUT / f"{name}-{number}").write_bytes(data)

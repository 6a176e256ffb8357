#!/usr/bin/env python3
"""Writes the bad and the odd sequence files of the folder sequences/ and
sequences/EXPECTED.tsv.

Run without arguments; the same bytes come out everywhere. Each line of EXPECTED.tsv has
a file of sequences, a file of labels or "-", a task, further options, the exit code of
`merit train --check` with them, and text that must be on standard error.
"""
import gzip
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sequences"
GOOD = "".join(f">p{i}\n{'ARNDCQEGHILKMFPSTWYV' * 2}\n" for i in range(6))
CLASSED = "".join(f">p{i}|{'xy'[i % 2]}\nARNDCQEGHILK\n" for i in range(6))
STATES = "".join(f">p{i}\n{'HGIEBTSCHGIEBTSCHGIE' * 2}\n" for i in range(6))

FILES = {
    "empty.fasta": "",
    "only-newlines.fasta": "\n\r\n\n",
    "text-before.fasta": "# my proteins\n" + GOOD,
    "no-header.fasta": "ARNDCQEGHILKMFPSTWYV\n",
    "no-letters.fasta": ">a\nARND\n>b\n>c\nARND\n",
    "no-letters-last.fasta": ">a\nARND\n>b\n",
    "no-name.fasta": ">a\nARND\n>\nARND\n",
    "blank-name.fasta": "> a\nARND\n",
    "long-name.fasta": ">" + "n" * 1001 + "\nARND\n",
    "same-name.fasta": GOOD + ">p3 again\nARND\n",
    "small.fasta": GOOD.replace("ARN", "arn"),
    "ambiguous.fasta": GOOD + ">q\nBZXUOJ-*.BZXUOJBZXUOJBZXUOJBZXUOJARNDARNDARND\n",
    "digit.fasta": ">a\nARND\nAR1D\n",
    "genbank.fasta": ">a\n    1 arnd cqeg\n",
    "byte-0.fasta": ">a\nAR\0ND\n",
    "byte-0-name.fasta": ">a\0b\nARND\n",
    "high-byte.fasta": ">a\nAR\u00e9ND\n",
    "crlf.fasta": GOOD.replace("\n", "\r\n"),
    "lone-cr.fasta": GOOD.replace("\n", "\r"),
    "lone-cr-letters.fasta": ">a\nARND\rCQEG\n",
    "no-newline-at-end.fasta": GOOD[:-1],
    "good.fasta": GOOD,
    "good.fasta.gz": GOOD,
    "cut.fasta.gz": GOOD,
    "trailing.fasta.gz": GOOD,
    "reads.fastq": "".join(f"@r{i}\n{'ACGT' * 10}\n+\n{'I' * 40}\n" for i in range(6)),
    "short-quality.fastq": "@r\nACGTACGT\n+\nIII\n",
    "long-quality.fastq": "@r\nACGT\n+\nIIIIII\n@s\nACGT\n+\nIIII\n",
    "no-quality.fastq": "@r\nACGT\n",
    "fasta-in-fastq.fastq": "@r\nACGT\n+\nIIII\n>s\nACGT\n",
    "one-letter.fasta": ">a\nA\n",
    "one-record.fasta": ">a\n" + "ARNDCQEGHILKMFPSTWYV" * 10 + "\n",
    "only-ambiguous.fasta": ">a\nXXXXXXXX\n>b\nXXXXXXXX\n",
    "classed.fasta": CLASSED,
    "no-class.fasta": CLASSED + ">p9\nARND\n",
    "empty-class.fasta": CLASSED + ">p9|\nARND\n",
    "one-class.fasta": CLASSED.replace("|x", "|y"),
    "classes.tsv": "# of proteins\n" + "".join(f"p{i}\t{'ab'[i % 2]}\n" for i in range(6)),
    "too-few.tsv": "p0\ta\np1\tb\n",
    "twice.tsv": "p0\ta\np1\tb\np0\tb\n",
    "no-tab.tsv": "p0\ta\np1 b\n",
    "three-columns.tsv": "p0\ta\tb\n",
    "states.fasta": STATES,
    "states-short.fasta": STATES.replace("GIE\n", "GI\n", 1),
    "states-missing.fasta": STATES.replace(">p2", ">q2"),
    "states-digit.fasta": STATES.replace("HGI", "H1I", 1),
    "states-none.fasta": STATES.translate(str.maketrans("HGIEBTSC", "-" * 8)),
}

# file, labels, task, options, exit code, text
ROWS = [
    ("empty.fasta", "-", "masked", "", 3, "is empty"),
    ("only-newlines.fasta", "-", "masked", "", 3, "is empty"),
    ("text-before.fasta", "-", "masked", "", 3, "line 1: text before the first record"),
    ("no-header.fasta", "-", "masked", "", 3, "line 1: text before the first record"),
    ("no-letters.fasta", "-", "masked", "", 3, "line 3: record 2 (b) has no letters"),
    ("no-letters-last.fasta", "-", "masked", "", 3, "line 3: record 2 (b) has no letters"),
    ("no-name.fasta", "-", "masked", "", 3, "line 3: a record without a name"),
    ("blank-name.fasta", "-", "masked", "", 3, "line 1: a record without a name"),
    ("long-name.fasta", "-", "masked", "", 3, "line 1: a name of more than 1000 bytes"),
    ("same-name.fasta", "-", "masked", "", 3, "line 13: the name p3 is that of line 7"),
    ("small.fasta", "-", "masked", "", 0, "36 small letters are read as capital ones"),
    ("ambiguous.fasta", "-", "masked", "", 0, "30 letters are none of the classes"),
    ("digit.fasta", "-", "masked", "", 3, 'line 3: record 1 (a), letter 7: "1" is no'),
    ("genbank.fasta", "-", "masked", "", 3, "Numbers as in GenBank files must go"),
    ("byte-0.fasta", "-", "masked", "", 3, "letter 3: byte 0x00 is no letter"),
    ("byte-0-name.fasta", "-", "masked", "", 3, "line 1: a byte 0 in a header"),
    ("high-byte.fasta", "-", "masked", "", 3, "letter 3: byte 0xc3 is no letter"),
    ("crlf.fasta", "-", "masked", "", 0, ""),
    ("lone-cr.fasta", "-", "masked", "", 3, "carriage return without a line feed"),
    ("lone-cr-letters.fasta", "-", "masked", "", 3, "carriage return without a line feed"),
    ("no-newline-at-end.fasta", "-", "masked", "", 0, ""),
    ("good.fasta", "-", "masked", "", 0, ""),
    ("good.fasta", "-", "-", "", 2, "say what is asked about them: --task"),
    ("good.fasta.gz", "-", "masked", "", 0, ""),
    ("cut.fasta.gz", "-", "masked", "", 3, "ends"),
    ("trailing.fasta.gz", "-", "masked", "", 3, "gzip"),
    ("reads.fastq", "-", "masked", "", 0, ""),
    ("short-quality.fastq", "-", "masked", "", 3, "has fewer qualities than letters"),
    ("long-quality.fastq", "-", "masked", "", 3, "has more qualities than letters"),
    ("no-quality.fastq", "-", "masked", "", 3, "ends before its qualities"),
    ("fasta-in-fastq.fastq", "-", "masked", "", 3, "line 5: expected @"),
    ("one-letter.fasta", "-", "masked", "", 3, "none would be hidden"),
    ("one-record.fasta", "-", "masked", "", 3, "too few sequences to hold some out"),
    ("only-ambiguous.fasta", "-", "masked", "", 3, "none would be hidden"),
    ("good.fasta", "-", "masked", "--alphabet dna", 3,
     '"Q" is not of the alphabet dna'),
    ("good.fasta", "-", "masked", "--alphabet prot", 2, "there are protein, dna and rna"),
    ("good.fasta", "classes.tsv", "masked", "", 2, "--task masked takes no other ones"),
    ("good.fasta", "-", "mask", "", 2, "expected sequence, residue or masked"),
    ("good.fasta", "-", "masked", "--letters 2", 2, "--letters"),
    ("good.fasta", "-", "masked", "--hide 1", 2, "--hide: expected a share"),
    ("good.fasta", "-", "masked", "--net relu", 2, "begin with embedding"),
    ("good.fasta", "-", "masked", "--net embedding_8", 2, "there is no layer"),
    ("classed.fasta", "-", "sequence", "", 0, ""),
    ("no-class.fasta", "-", "sequence", "", 3, "line 13: record 7 (p9) has no class"),
    ("empty-class.fasta", "-", "sequence", "", 3, "line 13: record 7 (p9|) has no class"),
    ("good.fasta", "classes.tsv", "sequence", "", 0, ""),
    ("good.fasta", "too-few.tsv", "sequence", "", 3, "no class for record 3 (p2)"),
    ("good.fasta", "twice.tsv", "sequence", "", 3, "line 3: p0 has a class already"),
    ("good.fasta", "no-tab.tsv", "sequence", "", 3, "line 2: expected a name, a tab"),
    ("good.fasta", "three-columns.tsv", "sequence", "", 3, "line 1: expected a name, a tab"),
    ("good.fasta", "states.fasta", "residue", "", 0, ""),
    ("good.fasta", "-", "residue", "", 3, "no labels were found"),
    ("good.fasta", "states-short.fasta", "residue", "", 3,
     "line 1: p0 has 39 labels, expected 40"),
    ("good.fasta", "states-missing.fasta", "residue", "", 3, "no record p2"),
    ("good.fasta", "states-digit.fasta", "residue", "", 3, 'letter 2: "1" is no letter'),
    ("good.fasta", "states-none.fasta", "residue", "", 3, "no letter has a label"),
]


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, text in FILES.items():
        data = text.encode()
        if name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        if name.startswith("cut"):
            data = data[:-12]
        if name.startswith("trailing"):
            data += b"more"
        (FOLDER / name).write_bytes(data)
    lines = ["\t".join(map(str, row)) + "\n" for row in ROWS]
    (FOLDER / "EXPECTED.tsv").write_text("".join(lines))


if __name__ == "__main__":
    main()

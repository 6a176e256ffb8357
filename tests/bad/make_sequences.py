#!/usr/bin/env python3
"""Writes the bad and the odd sequence files of the folder sequences/ and
sequences/EXPECTED.tsv.

Run without arguments; the same bytes come out everywhere. Each line of EXPECTED.tsv has
a file of sequences, a file of labels or "-", a task, further options, the exit code of
`merit train --check` with them, and text that must be on standard error.
"""
import gzip
import struct
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sequences"
GOOD = "".join(f">p{i}\n{'ARNDCQEGHILKMFPSTWYV' * 2}\n" for i in range(6))
CLASSED = "".join(f">p{i}|{'xy'[i % 2]}\nARNDCQEGHILK\n" for i in range(6))
TABLE = "".join(f"p{i}\t{'HGIEBTSCHGIEBTSCHGIE' * 2}\n" for i in range(6))
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
    "pir.fasta": ">P1;CRAB_ANAPL\nALPHA CRYSTALLIN B CHAIN\n  MDITIHNPLI RRPLFSWLAP\n*\n",
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
    "reads.sam": "@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:1000\nr\t0\tchr1\t1\t60\t4M\t*\t0\t0\tACGT\tIIII\n",
    "short-quality-first.fastq": "@r\nACGTACGTA\n+\nIIIII\n@s\nACGT\n+\nIIII\n",
    "short-quality.fastq": "@r\nACGTACGT\n+\nIII\n",
    "long-quality.fastq": "@r\nACGT\n+\nIIIIII\n@s\nACGT\n+\nIIII\n",
    "no-quality.fastq": "@r\nACGT\n",
    "fasta-in-fastq.fastq": "@r\nACGT\n+\nIIII\n>s\nACGT\n",
    "one-letter.fasta": ">a\nA\n",
    "one-record.fasta": ">a\n" + "ARNDCQEGHILKMFPSTWYV" * 10 + "\n",
    "only-ambiguous.fasta": ">a\nXXXXXXXX\n>b\nXXXXXXXX\n",
    "bom.fasta": "\ufeff" + GOOD,
    "blank-lines.fasta": GOOD.replace(">", "\n\n>").replace("NDC", "N D\tC"),
    "stops.fasta": GOOD.replace("YV\n", "YV*\n"),
    "wrapped.fasta": GOOD.replace("WYV", "WYV\n"),
    "slash.fasta": ">a\nARND\n>b\nARN/D\n",
    "semicolon.fasta": "; old style\n>a\nARND\n",
    "iupac.fasta": "".join(f">d{i}\n{'ACGT' * 30}NRYSWKMBDHV-n\n" for i in range(6)),
    "rna.fasta": "".join(f">d{i}\n{'ACGU' * 10}\n" for i in range(6)),
    "dna.fasta": "".join(f">d{i}\n{'ACGT' * 10}\n" for i in range(6)),
    "mixed.fasta": "".join(f">d{i}\n{'ACGTU' * 10}\n" for i in range(6)),
    # Qualities that begin as headers do, over several lines; a run's headers.
    "nanopore.fastq": "".join(
        f"@0a1b{i} runid=77 read={i} ch=1 start_time=2026-01-01T00:00:00Z\r\n"
        f"{'ACGTA' * 9}\r\n+\r\n@+>{'I' * 42}\r\n" for i in range(6)),
    "wrapped.fastq": "".join(f"@r{i}\n{'ACGT' * 5}\n{'GGCA' * 5}\n+r{i}\n@{'I' * 19}\n"
                             f"+{'I' * 19}\n" for i in range(6)),
    "empty-read.fastq": "@r\nACGT\n+\nIIII\n@s\n\n+\n\n@t\nACGT\n+\nIIII\n",
    "ended.fastq": "@r\nACGT\n+\nIIII\n@s\nACG",
    "good.fasta.bgz.gz": GOOD,
    "cut.fasta.bgz.gz": GOOD,
    "members.fasta.gz": GOOD,
    "picture.fasta": "\x89PNG\r\n\x1a\n",
    "classed.fasta": CLASSED,
    "no-class.fasta": CLASSED + ">p9\nARND\n",
    "uniprot.fasta": "".join(f">sp|P0000{i}|ACT{i}_HUMAN Actin OS=Homo sapiens\nARNDCQEGHILK\n"
                             for i in range(10, 22)),
    "empty-class.fasta": CLASSED + ">p9|\nARND\n",
    "one-class.fasta": CLASSED.replace("|x", "|y"),
    "classes.tsv": "# of proteins\n" + "".join(f"p{i}\t{'ab'[i % 2]}\n" for i in range(6)),
    "classes-bom.tsv": "\ufeffp0\ta\np1\tb\n" + "".join(f"p{i}\ta\n" for i in range(2, 6)),
    "too-few.tsv": "p0\ta\np1\tb\n",
    "twice.tsv": "p0\ta\np1\tb\np0\tb\n",
    "no-tab.tsv": "p0\ta\np1 b\n",
    "three-columns.tsv": "p0\ta\tb\n",
    "states.fasta": STATES,
    "states.tsv": "# of proteins\n\n" + TABLE + "other\tHHH\n",
    "states-crlf.tsv": TABLE.replace("\n", "\r\n"),
    "states-small.tsv": TABLE.replace("HGI", "hgi"),
    "states-some.tsv": TABLE.replace("HGI", "--."),
    "states-bits.tsv": TABLE.translate(str.maketrans("HGIEBTSC", "01011001")),
    "states-bits.fasta": STATES.translate(str.maketrans("HGIEBTSC", "01011001")),
    "states-missing.tsv": TABLE.replace("p2\t", "q2\t"),
    "states-short.tsv": TABLE.replace("GIE\n", "GI\n", 1),
    "states-long.tsv": TABLE.replace("GIE\n", "GIEE\n", 1),
    "states-unknown.tsv": TABLE.replace("HGIE", "HG?E", 1),
    "states-blank.tsv": TABLE.replace("HGIE", "HG E", 1),
    "states-byte-0.tsv": TABLE.replace("HGIE", "HG\0E", 1),
    "states-columns.tsv": TABLE.replace("\n", "\tx\n", 1),
    "states-no-tab.tsv": TABLE.replace("p1\t", "p1 "),
    "states-none.tsv": TABLE.replace("p1\tHGI", "p1\t\nq\tHGI"),
    "states-twice.tsv": TABLE + "p3\tHHH\n",
    "states-comment.tsv": "# nothing\n",
    "states-one.tsv": TABLE.translate(str.maketrans("HGIEBTSC", "HHHHHHHH")),
    "states-short.fasta": STATES.replace("GIE\n", "GI\n", 1),
    "states-missing.fasta": STATES.replace(">p2", ">q2"),
    "states-sign.fasta": STATES.replace("HGI", "H?I", 1),
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
    ("pir.fasta", "-", "masked", "", 3, "line 1: this is PIR, with a line of text"),
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
    ("long-quality.fastq", "-", "masked", "", 3, "does not have as many qualities as letters"),
    ("no-quality.fastq", "-", "masked", "", 3, "ends before its qualities"),
    ("reads.sam", "-", "masked", "", 3,
     "If this is SAM, samtools fastq turns it into FASTQ"),
    ("short-quality-first.fastq", "-", "masked", "", 3,
     "line 1: record 1 (r) does not have as many qualities as letters"),
    ("fasta-in-fastq.fastq", "-", "masked", "", 3, "line 5: expected @"),
    ("bom.fasta", "-", "masked", "", 0, ""),
    ("blank-lines.fasta", "-", "masked", "", 0, ""),
    ("stops.fasta", "-", "masked", "", 0, ""),
    ("wrapped.fasta", "-", "masked", "", 0, ""),
    ("slash.fasta", "-", "masked", "", 3, 'line 4: record 2 (b), letter 4: "/" is no letter'),
    ("semicolon.fasta", "-", "masked", "", 3, "line 1: text before the first record"),
    ("iupac.fasta", "-", "masked", "", 0, "72 letters are none of the classes ACGT"),
    ("rna.fasta", "-", "masked", "", 0, ""),
    ("rna.fasta", "-", "masked", "--alphabet dna", 3, '"U" is not of the alphabet dna'),
    ("dna.fasta", "-", "masked", "--alphabet rna", 3, '"T" is not of the alphabet rna'),
    ("dna.fasta", "-", "masked", "--alphabet protein", 0, "are these nucleotides?"),
    ("mixed.fasta", "-", "masked", "", 3, '20 % of all letters are not'),
    ("good.fasta", "-", "masked", "--alphabet dna", 3, "30 % of all letters are not"),
    ("nanopore.fastq", "-", "masked", "", 0, ""),
    ("wrapped.fastq", "-", "masked", "", 0, ""),
    ("empty-read.fastq", "-", "masked", "", 3, "line 5: record 2 (s) has no letters"),
    ("ended.fastq", "-", "masked", "", 3, "record 2 (s) ends before its qualities"),
    ("good.fasta.bgz.gz", "-", "masked", "", 0, ""),
    ("cut.fasta.bgz.gz", "-", "masked", "", 3, "gzip"),
    ("members.fasta.gz", "-", "masked", "", 0, ""),
    ("picture.fasta", "-", "masked", "", 3, ""),
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
    ("uniprot.fasta", "-", "sequence", "", 3,
     "each of 12 sequences has a class of its own, such as ACT10_HUMAN"),
    ("empty-class.fasta", "-", "sequence", "", 3, "line 13: record 7 (p9|) has no class"),
    ("good.fasta", "classes.tsv", "sequence", "", 0, ""),
    ("good.fasta", "classes-bom.tsv", "sequence", "", 0, ""),
    ("good.fasta", "too-few.tsv", "sequence", "", 3, "no class for record 3 (p2)"),
    ("good.fasta", "twice.tsv", "sequence", "", 3, "line 3: p0 has a class already"),
    ("good.fasta", "no-tab.tsv", "sequence", "", 3, "line 2: expected a name, a tab"),
    ("good.fasta", "three-columns.tsv", "sequence", "", 3, "line 1: expected a name, a tab"),
    ("good.fasta", "states.fasta", "residue", "", 0, ""),
    ("good.fasta", "-", "residue", "", 3, "no labels were found"),
    ("good.fasta", "states-short.fasta", "residue", "", 3,
     "line 1: p0 has 39 labels, expected 40"),
    ("good.fasta", "states-missing.fasta", "residue", "", 3, "no record p2"),
    ("good.fasta", "states-sign.fasta", "residue", "", 3, 'letter 2: "?" is no label'),
    ("good.fasta", "states-bits.fasta", "residue", "", 0, ""),
    ("good.fasta", "states.tsv", "residue", "", 0, ""),
    ("good.fasta", "states-crlf.tsv", "residue", "", 0, ""),
    ("good.fasta", "states-small.tsv", "residue", "", 0, ""),
    ("good.fasta", "states-some.tsv", "residue", "", 0, "108 of 240 letters have no label"),
    ("good.fasta", "states-bits.tsv", "residue", "", 0, ""),
    ("good.fasta", "states-missing.tsv", "residue", "", 3, "no record p2"),
    ("good.fasta", "states-short.tsv", "residue", "", 3,
     "line 1: p0 has 39 labels, expected 40"),
    ("good.fasta", "states-long.tsv", "residue", "", 3,
     "line 1: p0 has 41 labels, expected 40"),
    ("good.fasta", "states-unknown.tsv", "residue", "", 3,
     'line 1: p0, letter 3: "?" is no label'),
    ("good.fasta", "states-blank.tsv", "residue", "", 3,
     "line 1: p0, letter 3: byte 0x20 is no label"),
    ("good.fasta", "states-byte-0.tsv", "residue", "", 3,
     "line 1: p0, letter 3: byte 0x00 is no label"),
    ("good.fasta", "states-columns.tsv", "residue", "", 3,
     "line 1: p0, letter 41: byte 0x09 is no label"),
    ("good.fasta", "states-no-tab.tsv", "residue", "", 3, "line 2: expected a name, a tab"),
    ("good.fasta", "states-none.tsv", "residue", "", 3, "line 2: expected a name, a tab"),
    ("good.fasta", "states-twice.tsv", "residue", "", 3,
     "line 7: the name p3 is that of line 4"),
    ("good.fasta", "states-comment.tsv", "residue", "", 3, "holds no labels"),
    ("good.fasta", "empty.fasta", "residue", "", 3, "holds no labels"),
    ("good.fasta", "states-one.tsv", "residue", "", 3, "has one class, H"),
    ("good.fasta", "nothing.tsv", "residue", "", 5, "nothing.tsv"),
    ("good.fasta", "classes.tsv", "residue", "", 3, "line 2: p0 has 1 labels, expected 40"),
    ("good.fasta", "states.fasta", "sequence", "", 3, "line 1: expected a name, a tab"),
    ("good.fasta", "states-none.fasta", "residue", "", 3, "no letter has a label"),
]


def bgzf(text):
    """Blocks as bgzip writes them, with their sizes in an extra field, the last one
    empty."""
    blocks = []
    for part in (text[:200], text[200:], b""):
        packed = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packed.compress(part) + packed.flush()
        blocks.append(struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2,
                                  len(body) + 25)
                      + body + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(blocks)


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, text in FILES.items():
        data = text.encode()
        if name.endswith(".bgz.gz"):
            data = bgzf(data)
        elif name.startswith("members"):
            data = gzip.compress(data[:100], mtime=0) + gzip.compress(data[100:], mtime=0)
        elif name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        if name.startswith("cut"):
            data = data[:-40] if "bgz" in name else data[:-12]
        if name.startswith("trailing"):
            data += b"more"
        (FOLDER / name).write_bytes(data)
    lines = ["\t".join(map(str, row)) + "\n" for row in ROWS]
    (FOLDER / "EXPECTED.tsv").write_text("".join(lines))


if __name__ == "__main__":
    main()

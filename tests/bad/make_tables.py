"""Writes the folder tables: bad tables of examples, with the options they are read with, the
exit code and a part of the message. Run it in the folder of this script."""
import gzip
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "tables"
ROWS = []
HEAD = b"mass,charge,label\n"


def add(name, data, text, options="-", code=3):
    (FOLDER / name).write_bytes(data)
    ROWS.append((name, options, str(code), text))


# What is not text, or not in UTF-8
add("utf16le.csv", b"\xff\xfe" + HEAD.decode().encode("utf-16-le"), "looks like text in UTF-16")
add("utf16be.csv", b"\xfe\xff" + HEAD.decode().encode("utf-16-be"), "looks like text in UTF-16")
add("nul.csv", HEAD + b"1,\x002,x\n", ":2: byte 3 of the line is 0")
add("nul-later.csv", HEAD + b"1,2,x\n" * 100 + b"1,2,\0\n", ":102: byte 5 of the line is 0")
add("latin1-name.csv", b"mass,l\xe4nge,label\n1,2,x\n",
    ':1: the name of column 2, "l\\xe4nge", is not UTF-8')
add("latin1-label.csv", HEAD + b"1,2,r\xf6hre\n", ':2: the label "r\\xf6hre" is not UTF-8')
add("carriage-returns.csv", b"mass,charge,label\r1,2,x\r3,4,y\r", "carriage return alone")
add("carriage-returns-quoted.csv", b'"mass","charge","label"\r1,2,x\r1,2,"y"\r',
    "carriage return alone")

# Lines and fields
add("ragged-short.csv", HEAD + b"1,2,x\n3,4\n", ":3: 2 fields, expected 3 as in the first")
add("ragged-long.csv", HEAD + b"1,2,x\n\n3,4,y,5\n", ":4: more than 3 fields, expected 3")
add("open-quote.csv", HEAD + b'1,2,x\n3,4,"y\n5,6,z\n', ":3: a quote opens here and is never")
add("open-quote-later.csv", HEAD + b'1,2,"x\ny"\n3,4,z\n5,"6,x\n',
    ":5: a quote opens here and is never")
add("after-quote.csv", HEAD + b'"1"5,2,x\n', 'expected nothing but the separator after a quote')
add("header-only.csv", HEAD, "0 rows")
add("comments-only.csv", b"# nothing\n#\n", "0 rows")
add("two-names.csv", b"mass,charge,mass,label\n1,2,3,x\n", ':1: columns 1 and 3 are both named')
add("only-label.csv", b"label\nx\ny\n", ":1: no column of features")
add("no-column.csv", HEAD + b"1,2,x\n",
    ':1: --label: no column is named "charg"; did you mean "charge"?', "--label charg")
add("no-place.csv", HEAD + b"1,2,x\n", "there are columns 1 to 3", "--label 4")
add("no-header.csv", b"1,2,3\n4,5,6\n",
    ':1: --label: the first line names no columns, found "kind"', "--label kind")
add("no-id.csv", HEAD + b"1,2,x\n", ':1: --id: no column is named "name"', "--id name")
add("no-ignored.csv", HEAD + b"1,2,x\n", ':1: --ignore: no column is named "size"',
    "--ignore charge,size")
add("line-too-long.csv.gz", gzip.compress(b"a," * (9 << 20), mtime=0),
    ":1: the line is longer than 16777216 bytes; --max-line raises the limit", code=6)
add("line-longer-than-asked.csv", HEAD + b"1,2,x\n" + b" " * 200000 + b"1,2,x\n",
    ":3: the line is longer than 102400 bytes", "--max-line 100K", code=6)
add("memory.csv", HEAD + b"1,2,x\n" * 200, "--memory raises it", "--memory 1K", code=6)

# Numbers
add("word.csv", HEAD + b"1,2,x\n3,high,y\n",
    ':3: column 2 (charge) is "high", expected a number; --ignore leaves')
add("word-column.csv", b"colour,mass,label\nred,1,x\n",
    ':2: column 1 (colour) is "red", expected a number')
add("word-without-header.csv", b"1,2,x\n3,four,y\n", ':2: column 2 is "four"', "--label 3 --header no")
add("decimal-comma.csv", b"mass;charge;label\n1,5;2;x\n",
    ':2: column 1 (mass) is "1,5", expected a number; a decimal comma? use --decimal=,')
add("decimal-comma.tsv", b"1\t2\t0\n1\t2,25\t1\n", ':2: column 2 is "2,25"', "--label 3")
add("decimal-point.csv", b"mass;charge;label\n1,5;2.5;x\n",
    ':2: column 2 (charge) is "2.5", expected a number with a decimal comma', "--decimal ,")
add("thousands.csv", b"mass;charge;label\n1.000,5;2;x\n", 'is "1.000,5"', "--decimal ,")
add("empty-field.csv", HEAD + b"1,2,x\n3,,y\n",
    ':3: column 2 (charge) is "", expected a number; --missing mean')
add("two-separators.csv", HEAD + b"1,2,x\n3;4;y\n",
    ':3: column 1 (mass) is "3;4;y", expected a number; the fields of the first line stand')
add("na.csv", HEAD + b"NA,2,x\n", ':2: column 1 (mass) is "NA"')
add("nan.csv", HEAD + b"1,nan,x\n", ':2: column 2 (charge) is "nan"')
add("question-mark.csv", HEAD + b"1,?,x\n", ':2: column 2 (charge) is "?"',
    "--nonfinite zero")
add("inf.csv", HEAD + b"1,-inf,x\n", ':2: column 2 (charge) is "-inf", expected a finite')
add("1e999.csv", HEAD + b"1e999,2,x\n", 'is "1e999", expected a finite number of at most')
add("1e38.csv", HEAD + b"1e38,2,x\n", 'is "1e38", expected a finite number of at most')
add("hexadecimal.csv", HEAD + b"0x10,2,x\n", 'column 1 (mass) is "0x10"')
add("underscore.csv", HEAD + b"1_000,2,x\n", 'column 1 (mass) is "1_000"')
add("arabic.csv", HEAD + "1,\u0661,x\n".encode(), "column 2 (charge) is")
add("behind.csv", HEAD + b"1.5abc,2,x\n", 'column 1 (mass) is "1.5abc"')
add("plus.csv", HEAD + b"1e,2,x\n", 'column 1 (mass) is "1e"')

# Labels
add("empty-label.csv", HEAD + b"1,2,x\n1,2,\n", ':3: the label "" is empty')
add("long-label.csv", HEAD + b"1,2," + b"x" * 256 + b"\n", "is longer than 255 bytes")
add("no-label.csv", b"mass,charge\n1,2\n3,4\n", "which column holds the labels?")
add("one-class.csv", HEAD + b"1,2,x\n3,4,x\n", "has one class, x")

# libsvm
add("zero-index.svm", b"1 1:2\n-1 0:1 2:3\n", ':2: "0:1": indices begin at 1')
add("twice.svm", b"1 1:2 1:3\n", ':1: "1:3": index 1 is there twice')
add("unsorted.svm", b"1 1:2 3:1\n2 3:1 2:4\n", ':2: "2:4": index 2 after a larger one')
add("no-value.svm", b"1 1:2 3:1\n2 3:\n", ':2: "3:": the value is no finite number')
add("no-colon.svm", b"1 1:2 3:1\n2 3 4:1\n", ':2: "3": expected index:value')
add("word.svm", b"1 1:2\n2 1:x\n", ':2: "1:x": the value is no finite number')
add("nan.svm", b"1 1:2\n2 1:nan\n", ':2: "1:nan": the value is no finite number')
add("negative.svm", b"1 1:2\n2 -1:3\n", ':2: "-1:3": expected index:value')
add("huge-index.svm", b"1 1:2\n2 99999999:3\n", ":2: \"99999999:3\": the largest index can be")
add("huge.svm", b"1 1:2\n" * 300 + b"2 16777216:3\n",
    "301 rows of 16777216 features need 1.93e+04 MB, the limit is 4.1e+03 MB; --memory", code=6)
add("several-labels.svm", b"1 1:2\n2,3 1:4\n", ':2: "2,3": an example has one label')
add("without-label.svm", b"1:2 2:3\n", ':1: "1:2": a label must come first')
add("query.svm", b"1 1:2\n2 qid:3 1:4\n", ':2: "qid:3": lists to be ranked are not read')
add("empty-lines.svm", b"1 # 1:2\n2 1:3\n0 0:0\n", ':3: "0:0": indices begin at 1')

with open(FOLDER / "EXPECTED.tsv", "w") as out:
    print("# file\toptions\texit code\ttext of the message", file=out)
    for row in ROWS:
        print("\t".join(row), file=out)

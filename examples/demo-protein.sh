#!/bin/sh
# Hidden residues of real proteins, predicted from what is around them and scored by
# BLOSUM62: what cross entropy earns by its most probable residue, by the Bayes decision,
# and what merit (auto) earns. Takes about two minutes. Works in demo-protein/, in the
# current directory, and replaces what an earlier demo left there.
#
#     MERIT     the program (default: build/merit)
#     PROTEINS  sequences (default: those of the package mmseqs2-examples)
#     BLOSUM62  the score table (default: that of the package ncbi-data)
#     TRAIN     how many sequences to learn from; the next fifth of that is for the test
#     OPTIONS   more options of merit train
set -eu

here=$(dirname "$0")
merit=${MERIT:-$here/../build/merit}
proteins=${PROTEINS:-/usr/share/doc/mmseqs2/example-data/DB.fasta.gz}
table=${BLOSUM62:-/usr/share/ncbi/data/BLOSUM62}
n_train=${TRAIN:-10000}
out=demo-protein
mark=$out/.made-by-demo-protein.sh

refuse() {
    echo "demo-protein: $*" >&2
    exit 1
}

[ -f "$proteins" ] || refuse "no $proteins; install the package mmseqs2-examples"
[ -f "$table" ] || refuse "no $table; install the package ncbi-data"
command -v "$merit" >/dev/null || refuse "no program $merit; make builds it"
if [ -e "$out" ] && [ ! -f "$mark" ]; then
    refuse "$out/ is there, and no earlier demo made it; move it away"
fi
rm -rf "$out"
mkdir "$out"
: >"$mark"

# The first ones to learn from, those after them for the test.
gzip -cd "$proteins" | awk -v n="$n_train" -v out="$out" '
    /^>/ { i++ }
    i <= n { print >(out "/train.fasta") }
    i > n && i <= n * 1.2 { print >(out "/test.fasta") }'

train() {
    # shellcheck disable=SC2086
    "$merit" train "$out/train.fasta" --task masked -s "$table" -l "$1" -o "$out/$1" \
        -e 2 ${OPTIONS:-} >/dev/null
}

echo "Real proteins, 15 of 100 residues hidden; BLOSUM62 says what each answer is worth."
echo
echo "1 of 2: cross entropy"
train cross-entropy
echo "2 of 2: what merit does: cross entropy, then softmax-margin from there"
train auto

echo
echo "Cross entropy on proteins that no training has seen:"
"$merit" eval "$out/cross-entropy" "$out/test.fasta" | sed '/^$/,$d' | tee "$out/eval.txt"
echo
echo "merit (auto) on the same:"
"$merit" eval "$out/auto" "$out/test.fasta" | sed '/^$/,$d' | tee "$out/eval-auto.txt"
"$merit" report "$out/auto" "$out/test.fasta" -o "$out/report.html" >/dev/null
echo
# Lines are "bayes 0.08 -0.25 ...", the stored rule's marked <-, "always S 0.07 -0.32 ...".
awk '
    $1 == "always" { constant = $4 }
    FILENAME ~ /auto/ && /<-/ { auto = $3 }
    FILENAME !~ /auto/ && $1 == "argmax" { argmax = $3 }
    FILENAME !~ /auto/ && $1 == "bayes" { bayes = $3 }
    END {
        print "With the beliefs of cross entropy the most probable residue earns " argmax \
            " each," (argmax < constant ? " less" : " more") \
            " than always giving one and the same (" constant ")."
        print "The residue with the highest expected score earns " bayes \
            ", merit (auto) " auto "."
    }' "$out/eval.txt" "$out/eval-auto.txt"
echo "$out/report.html is a page about merit (auto): what its mistakes cost, and which."

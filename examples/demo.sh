#!/bin/sh
# The question that merit is about, tried out: trains on Fashion-MNIST with the expected
# score as the loss, with cross entropy, and with merit's own choice, and shows what the
# answers earn. Takes about a minute. Works in demo/, in the current directory, and
# replaces what an earlier demo left there.
#
#     MERIT          the program (default: build/merit)
#     FASHION_MNIST  the directory of the data set
set -eu

here=$(dirname "$0")
merit=${MERIT:-$here/../build/merit}
data=${FASHION_MNIST:-/usr/share/datasets/fashion-mnist}
out=demo
mark=$out/.made-by-demo.sh
runs="$out/expected-score $out/cross-entropy $out/auto"

refuse() {
    echo "demo: $*" >&2
    exit 1
}

# ^C reaches merit too, which saves what it has and ends; then we end.
stopped=""
trap 'stopped=yes' INT TERM HUP

stop() {
    printf '\nThe demo was stopped; %s/ holds what there is so far.\n' "$out" >&2
    exit 130
}

# Runs merit; what it prints as its result is shown by `merit curves` later on.
run() {
    status=0
    if [ -z "$stopped" ]; then
        "$merit" "$@" || status=$?
    fi
    if [ -n "$stopped" ] || [ "$status" -eq 75 ]; then
        stop
    fi
    if [ "$status" -ne 0 ]; then
        exit "$status"
    fi
}

train() {
    run train "$data/train-images-idx3-ubyte.gz" --first 20000 --epochs 4 \
        -s "$here/fashion-groups.tsv" --loss "$1" -o "$out/$1" >/dev/null
}

make_place() {
    if [ -e "$out" ] && [ ! -f "$mark" ]; then
        refuse "$out/ is there, and no earlier demo made it; move it away"
    fi
    rm -rf "$out/expected-score" "$out/cross-entropy" "$out/auto"
    rm -f "$out/curves.svg" "$out/curves.txt" "$out/eval.txt" "$out/report.html"
    mkdir -p "$out"
    : >"$mark"
}

[ -f "$data/train-images-idx3-ubyte.gz" ] ||
    refuse "no Fashion-MNIST in $data; install the package dataset-fashion-mnist"
command -v "$merit" >/dev/null || refuse "no program $merit; make builds it"
make_place

echo "Pictures of clothes; the right answer earns 2, one of the same kind 1, another -1."
echo
echo "1 of 3: training on that score itself, as in the question (10 to 20 s)"
train expected-score
echo "2 of 3: training with cross entropy, deciding with the score (10 to 20 s)"
train cross-entropy
echo "3 of 3: what merit does: cross entropy, then softmax-margin from there; what earns"
echo "        most is kept (30 to 40 s)"
train auto

echo
run curves $runs -o "$out/curves.svg"
echo
echo "The model of merit (auto) on the test images, which no training has seen:"
run eval "$out/auto" "$data/t10k-images-idx3-ubyte.gz" >"$out/eval.txt"
sed '/^$/,$d' "$out/eval.txt" # the table; the rest says how well beliefs and facts agree

COLUMNS=200 "$merit" curves $runs >"$out/curves.txt"
echo
awk '
    NR > 1 && NR < 5 { # the last epoch of each; "-": there were fewer
        for (i = NF - 3; $i == "-"; i--) { }
        earned[NR] = $i
    }
    sub(/^Why: after the first epoch expected-score /, "") { why = $0 }
    END {
        print "So why is training on the expected score so slow?"
        if (why != "") {
            print "After the first epoch it " why
        }
        print "In the end it earns " earned[2] " a picture, cross entropy " earned[3] \
            ", merit " earned[4] "."
    }' "$out/curves.txt"
run report "$out/auto" "$data/t10k-images-idx3-ubyte.gz" -o "$out/report.html" >/dev/null
echo "$out/report.html is a page about merit (auto): what its mistakes cost, and which."
echo "$out/curves.svg shows it, README.md explains it and goes on from here."

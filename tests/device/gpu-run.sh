#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: what `./dev gpu-pack` packs, run on a machine with an NVIDIA GPU. See --help.
#
# A stage that fails does not stop the next one. Every stage has a time limit of its own, and all end at the deadline.
set -uo pipefail
root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

usage () {
  cat <<'TXT'
Usage: run.sh [STAGE…] [--minutes N] [--device NAME] [--iterations N] [--out DIR]

Stages, in this order; without one, or with "all", every stage runs:

  parity     every operation against the CPU in float64, in every precision
  goldens    values, gradients, ten training steps of every method against another framework's
  lanes      training: twice the same bits, lanes beside each other as alone, the first iteration with a warm cache
  bench      speed and memory, beside PyTorch and JAX where python3 has them
  sanitizer  memcheck, racecheck, initcheck and synccheck of compute-sanitizer on a short run

  --minutes N    end after N minutes (default 25)
  --device NAME  as `matchpoint train --device` takes it (default cuda)
  --iterations N train so many in the stage lanes (default 300)
  --out DIR      where gpu.log, gpu.md and the rest go (default: results, beside this file)

Needs an NVIDIA driver and CUDA's libraries (those of Python wheels will do), no root and no network.
Exit status: 0 when every stage passed, 1 when one failed, 2 for a wrong command line, 3 when there is no usable device.
TXT
}

# ---- the command line ----

minutes=25 device=cuda iterations=300 out=$root/results stages=()
while (( $# )); do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --minutes|--device|--iterations|--out)
      (( $# > 1 )) || { echo "run.sh: $1 needs an argument." >&2; exit 2; }
      declare "${1#--}=$2"
      shift ;;
    all|parity|goldens|lanes|bench|sanitizer) stages+=("$1") ;;
    *) echo "run.sh: “$1” is neither a stage nor an option; see run.sh --help." >&2; exit 2 ;;
  esac
  shift
done
[[ $minutes =~ ^[0-9]+$ && $iterations =~ ^[1-9][0-9]*$ ]] ||
  { echo "run.sh: --minutes $minutes and --iterations $iterations have to be whole numbers." >&2; exit 2; }
mkdir -p "$out" && out=$(cd -- "$out" && pwd) || exit 2
deadline=$(( SECONDS + minutes * 60 ))
log=$out/gpu.log table=$out/gpu.md rows=$out/rows.tsv
: > "$log"
: > "$rows"

wants () { (( ${#stages[@]} == 0 )) || [[ " ${stages[*]} " == *" $1 "* || " ${stages[*]} " == *' all '* ]]; }
say () { printf '%s\n' "$*" | tee -a "$log"; }
# row WHAT MEASURED GOAL VERDICT
row () { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >> "$rows"; }

# ---- where CUDA's libraries are ----

python=$(command -v python3 || true)
wheels () {
  [[ -n $python ]] && "$python" - <<'PY' 2> /dev/null
import glob, os, sys
for folder in sys.path:
    for found in sorted(glob.glob(os.path.join(folder, 'nvidia', '*', 'lib'))):
        print(found)
PY
}
folders=$({ wheels; ls -d /usr/local/cuda/lib64 /usr/local/cuda-1*/lib64 /usr/local/cuda*/targets/*/lib; } 2> /dev/null |
          paste -s -d : -)
export MATCHPOINT_CUDA_LIBRARIES=${MATCHPOINT_CUDA_LIBRARIES:+$MATCHPOINT_CUDA_LIBRARIES:}$folders

# Nothing of the user's, and nothing of the system's GLib.
export MATCHPOINT_DATA_DIR=$root/data MATCHPOINT_RUNS_DIR=$out/runs MATCHPOINT_TEST_DIR=$root/tests
export MATCHPOINT_TEST_DEVICE=$device XDG_CACHE_HOME=$out/cache GIO_MODULE_DIR=$root/lib/gio LC_ALL=C.UTF-8 LANGUAGE=C
export MATCHPOINT_CUDA_MODULE=$root/lib/matchpoint/matchpoint-cuda.so
mkdir -p "$XDG_CACHE_HOME"
PATH=$root/bin:$PATH:/usr/local/cuda/bin

library_versions () {
  local name folder path
  for name in libcublasLt libcudnn libcusolver libnvrtc; do
    path=
    for folder in ${MATCHPOINT_CUDA_LIBRARIES//:/ } $(ldconfig -p 2> /dev/null | awk '{ print $NF }' | grep "/$name\.so" |
                  xargs -r -n 1 dirname); do
      path=$(compgen -G "$folder/$name.so.[0-9]*" | sort -V | tail -n 1) && [[ -n $path ]] && break
    done
    echo "${name#lib}: ${path:+$(readlink -f "$path")}${path:-not found}" | sed 's/\(\.so[^ /]*\).*/\1/'
  done
  [[ -n $python ]] && "$python" - <<'PY' 2> /dev/null
from importlib import metadata
for name in sorted({d.metadata['Name'] for d in metadata.distributions() if d.metadata['Name']}):
    if name.startswith('nvidia-') or name in ('torch', 'jax', 'jaxlib', 'triton', 'numpy'):
        print(f'{name}: {metadata.version(name)}')
PY
}

# ---- running ----

# limited SECONDS COMMAND…: into the log; 124 when the limit or the deadline came first
limited () {
  local limit=$1 left=$(( deadline - SECONDS )) status
  shift
  (( left > 0 )) || { say "  no time is left for: …${*: -3}"; return 124; }
  (( limit < left )) || limit=$left
  printf '$ %s\n' "$*" >> "$log"
  timeout --kill-after=10 "$limit" "$@" >> "$log" 2>&1
  status=$?
  (( status != 124 && status != 137 )) || say "  stopped after $limit s: …${*: -3}"
  return "$status"
}

failed_stages=()
stage () {
  local name=$1 start=$SECONDS status=0
  wants "$name" || return
  say "== $name"
  "stage_$name" || status=$?
  (( status == 0 )) || failed_stages+=("$name")
  say "   $name $( (( status == 0 )) && echo passed || echo failed ) after $(( SECONDS - start )) s"
}

# tap WHAT LIMIT PROGRAM ARGUMENT…: runs a test program and makes a row of its counts. The loader's own words show that
# the module was opened: a program that tests the CPU instead proves nothing here.
tap () {
  local what=$1 limit=$2 output status counts verdict=kept opened
  shift 2
  if (( SECONDS >= deadline )); then
    row "$what" 'not run: no time was left' 'all pass' 'not measured'
    return 1
  fi
  output=$(mktemp "$out/tap.XXXXXX") opened=$(mktemp -d "$out/loader.XXXXXX")
  limited "$limit" bash -c 'to=$1 opened=$2; shift 2; LD_DEBUG=files LD_DEBUG_OUTPUT=$opened/log "$@" > "$to" 2>&1' \
    - "$output" "$opened" "$@"
  status=$?
  cat "$output" >> "$log"
  counts=$(awk '/^not ok/ { bad++ } /^ok/ && /# SKIP/ { skipped++ } /^ok/ && !/# SKIP/ { good++ }
                END { printf "%d passed, %d failed, %d skipped", good, bad, skipped }' "$output")
  (( status == 0 )) || verdict='**missed**'
  (( status != 124 && status != 137 )) || counts+=", not finished"
  [[ $counts == "0 passed, 0 failed,"* ]] && verdict='**missed**' && counts+=" (exit status $status)"
  if (( status == 0 )) && ! grep -qs 'matchpoint-cuda\.so' "$opened"/log*; then
    verdict='**missed**' counts+=', on the CPU'
  fi
  grep -E '^(not ok|Bail out)' "$output" | head -n 5 | sed 's/^/   /' | tee -a "$log"
  row "$what" "$counts" 'all pass' "$verdict"
  say "   $what: $counts"
  rm -rf "$output" "$opened"
  [[ $verdict == kept ]]
}

# ---- stages ----

stage_parity () {
  local mode bad=0
  for mode in float32 float64 tf32 bf16 bf16-stored tf32-deterministic; do
    tap "parity, $mode" 240 test-parity --device "$device" --modes "$mode" --json "$out/parity-$mode.json" || bad=1
  done
  return $bad
}

# Side by side: each spends its time on compiling small kernels, which is one core's work.
stage_goldens () {
  local program bad=0 running=()
  for program in steps ops images updates random plan plan-random loop ahead networks methods run trainer; do
    [[ -x $root/bin/test-$program ]] || continue
    tap "goldens, $program" 400 "test-$program" &
    running+=($!)
  done
  for program in "$root"/bin/test-kernels-*; do
    [[ -x $program ]] || continue
    tap "kernels, ${program##*/test-kernels-}" 400 "$program" &
    running+=($!)
  done
  for program in "${running[@]}"; do
    wait "$program" || bad=1
  done
  return $bad
}

# train DIR ARGUMENT…: deterministic float32; the run's metrics are what it has to give again
train () {
  local dir=$1
  shift
  rm -rf "$dir"
  limited 120 matchpoint train --device "$device" --iterations "$iterations" --set train.deterministic=true \
    --set evaluate.every=100 --quiet --out "$dir" "$@"
}

same_files () {
  local what=$1 a b
  a=$(cat "${@:2:1}" | sha256sum) b=$(cat "${@:3:1}" | sha256sum)
  if [[ $a == "$b" && -s $2 ]]; then
    row "$what" equal equal kept
  else
    row "$what" different equal '**missed**'
    return 1
  fi
}

last_samples () { ls "$1"/samples/*.safetensors 2> /dev/null | sort -V | tail -n 1; }

# Start to end of a process that trains one iteration, less one that only opens the device; caches are warm by now.
time_start () {
  local start middle end
  limited 60 matchpoint plan ring-gram --device "$device" || return 1
  limited 60 matchpoint list devices || return 1
  start=$(date +%s.%N)
  limited 60 matchpoint list devices
  middle=$(date +%s.%N)
  limited 60 matchpoint train ring-gram --device "$device" --iterations 1 --quiet \
    --out "$(mktemp -d "$out/first.XXXX")/r" || return 1
  end=$(date +%s.%N)
  awk -v a="$start" -v b="$middle" -v c="$end" 'BEGIN {
    more = c - b - (b - a)
    printf "list devices, with the driver’s start\t%.2f s\t\t\n", b - a
    printf "ring-gram, start to end of one iteration with a warm cache, beyond that\t%.2f s\t≤ 0.5 s\t%s\n", more, \
           more <= 0.5 ? "kept" : "**missed**"
  }' >> "$rows"
}

stage_lanes () {
  local bad=0 preset dir=$out/lanes together=1
  train "$dir/together" ring-comparison ||
    { row 'three lanes on one GPU' 'did not train' 'train' '**missed**'; together=0; bad=1; }
  for preset in ring-gan ring-mmd-net ring-gram; do
    train "$dir/$preset" "$preset" && train "$dir/$preset-again" "$preset" || { bad=1; continue; }
    same_files "$preset: samples of two runs" "$(last_samples "$dir/$preset")" \
      "$(last_samples "$dir/$preset-again")" || bad=1
    (( together )) || continue
    same_files "$preset: samples alone and beside two others" "$(last_samples "$dir/$preset")" \
      "$(last_samples "$dir/together/$preset")" || bad=1
  done
  time_start || bad=1
  limited 60 matchpoint plan ring-comparison --device "$device" --kernels || bad=1
  return $bad
}

stage_bench () {
  local bad=0 left
  if [[ -f $root/bench/bench_gpu.py && -n $python ]]; then
    left=$(( deadline - SECONDS ))
    limited 700 "$python" "$root/bench/bench_gpu.py" --device "$device" --programs "$root/bin" --out "$out/bench" \
      --rows "$out/bench.tsv" --json "$out/bench.json" --seconds "$(( left < 700 ? left - 10 : 690 ))" || bad=1
    [[ ! -f $out/bench.tsv ]] || cat "$out/bench.tsv" >> "$rows"
  else
    row 'speed and memory' 'not run: there is no python3' '' 'not measured'
  fi
  [[ ! -x $root/bin/bench-ops ]] ||
    limited 90 bench-ops --device "$device" --seconds 0.02 --json "$out/ops.json" || bad=1
  return $bad
}

stage_sanitizer () {
  local tool bad=0 sanitizer status
  sanitizer=$(command -v compute-sanitizer || compgen -G '/usr/local/cuda*/bin/compute-sanitizer' | tail -n 1 || true)
  if [[ -z $sanitizer ]]; then
    row 'compute-sanitizer' 'not on this machine' 'no errors' 'not measured'
    say '   compute-sanitizer is not on this machine'
    return 0
  fi
  for tool in memcheck racecheck initcheck synccheck; do
    limited 150 "$sanitizer" --tool "$tool" --error-exitcode 99 --launch-timeout 0 "$root/bin/test-parity" \
      --device "$device" --modes float32 --quick
    status=$?
    if (( status == 0 )); then
      limited 100 "$sanitizer" --tool "$tool" --error-exitcode 99 "$root/bin/matchpoint" train ring-comparison \
        --device "$device" --iterations 12 --set evaluate.every=5 --quiet --out "$(mktemp -d "$out/check.XXXX")/r"
      status=$?
    fi
    if (( status == 0 )); then
      row "compute-sanitizer $tool" 'no errors' 'no errors' kept
    else
      row "compute-sanitizer $tool" "exit status $status" 'no errors' '**missed**'
      bad=1
    fi
  done
  return $bad
}

# ---- the table ----

write_table () {
  {
    echo "# On $title"
    echo
    echo "Made by run.sh of a folder from \`./dev gpu-pack\`, on $(date -u '+%Y-%m-%d %H:%M') UTC, in $(( SECONDS / 60 )) min."
    echo
    sed 's/^/- /' "$out/machine.txt"
    echo
    echo '| what | measured | goal | |'
    echo '|---|---|---|---|'
    awk -F '\t' '{ gsub (/\|/, "/"); printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' "$rows"
    [[ ! -s $out/bench/table.md ]] || { echo; cat "$out/bench/table.md"; }
    echo
    (( ${#failed_stages[@]} )) && echo "Stages that failed: ${failed_stages[*]}. The log says more." || echo 'Every stage passed.'
  } > "$table"
}

describe_machine () {
  matchpoint --version | head -n 1
  matchpoint describe "$device" 2> /dev/null | paste -s -d ';' - | sed 's/;/; /g' | cut -c 1-300
  command -v nvidia-smi > /dev/null &&
    nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit --format=csv,noheader 2> /dev/null
  ( . /etc/os-release; echo "$PRETTY_NAME, $(uname -r), $(nproc) processors" )
  library_versions
}

limited 120 matchpoint list devices --json
say "CUDA's libraries are looked for in: ${MATCHPOINT_CUDA_LIBRARIES:-the system’s folders}"
describe_machine > "$out/machine.txt" 2>> "$log"
cat "$out/machine.txt" | tee -a "$log"
title=$(matchpoint describe "$device" 2> /dev/null | head -n 1 | sed 's/^[^:]*:[^ ]* *//')
if ! limited 120 matchpoint plan ring-gan --device "$device"; then
  tail -n 1 "$log"
  title="a machine without a usable device"
  row 'a device' "$(tail -n 1 "$log")" 'one' '**missed**'
  failed_stages+=(device)
  write_table
  exit 3
fi

for name in parity goldens lanes bench sanitizer; do
  stage "$name"
done
write_table
say "Log: $log"
say "Table: $table"
(( ${#failed_stages[@]} == 0 ))

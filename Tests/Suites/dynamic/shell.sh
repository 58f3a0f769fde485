# What shells do all day: loops, pipes, here-documents, functions, traps, redirections, jobs.
i=0
while [ $i -lt 5 ]; do i=$((i + 1)); printf '%d ' $i; done; echo
for word in one "two three" four; do echo "[$word]"; done | sed 's/o/0/g' | sort -r
cat <<END | tr a-z A-Z
here is $((6 * 7)) and $(echo a command)
END
cat <<'END'
nothing is $expanded here
END
greet() { echo "hello, $1; $# words"; return 4; }
greet you there; echo "status $?"
case file.txt in *.c) echo no ;; *.t?t) echo matched ;; esac
trap 'echo trapped' USR1
kill -USR1 $$
trap 'echo leaving' EXIT
(exit 3) || echo "subshell said $?"
x=abcdef; echo ${x#abc} ${x%def} ${#x} ${y:-default}
set -- a b c; shift; echo "$# $*"
folder=$(mktemp -d /tmp/shell-XXXXXX); cd $folder
for n in 1 2 3; do echo line $n >> out; done
wc -l < out | tr -d ' '
{ echo to output; echo to errors >&2; } 2> errors > output; cat output errors
exec 3> third; echo through three >&3; exec 3>&-; cat third
ls | sort | while read name; do echo "- $name"; done
sleep 0.2 & job=$!
wait $job; echo "waited $?"
# Each shell tells in its own way, and place, that a process was killed.
{ sh -c 'kill -TERM $$'; status=$?; } > /dev/null 2>&1; echo "killed $status"
{ sleep 30 & kill $!; wait $!; status=$?; } > /dev/null 2>&1; echo "ended $status"
yes | head -n 3 | wc -l | tr -d ' '
test -d $folder && echo is a folder
[ "$(pwd -P)" = "$folder" ] && echo here
eval 'echo evaluated'
umask 027; : > masked; ls -l masked | cut -c1-10
ln -s out link; cat link | tail -n 1; rm -r $folder; cd /
unset x; echo "${x-unset}"
echo done

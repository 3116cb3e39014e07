# Stops the shared server when no test has held it for a while. Its input is the lock that says that a watcher
# is there.
# usage: watcher HOME LINGER PG_CTL PLACE...
home=$1 linger=$2 pg_ctl=$3
shift 3
exec 8<"$home/start.lock" 9<"$home/holders.lock" || exit

# lock OPTION DESCRIPTOR: as flock, which macOS does not have.
lock() {
  if command -v flock >/dev/null; then
    flock "$@"
  else
    perl -e 'use Fcntl ":flock"; my %how = (-x => LOCK_EX, -u => LOCK_UN, -xn => LOCK_EX | LOCK_NB);
      open(my $file, "<&=", $ARGV[1]) or exit 2; exit !flock($file, $how{$ARGV[0]})' -- "$@"
  fi
}

# How many tests there were so far.
count() {
  wc -c <"$home/holders.lock"
}

while :; do
  lock -x 9
  lock -u 9
  before=$(count)
  sleep "$linger"
  lock -x 8
  if [ "$(count)" = "$before" ] && lock -xn 9; then
    break
  fi
  lock -u 8
done

for place in "$@"; do
  if [ -e "$place/data/postmaster.pid" ]; then
    "$pg_ctl" stop -s -m immediate -t 10 -D "$place/data"
  fi
  # Again, where somebody was still writing.
  for _ in 1 2 3 4 5; do
    rm -rf "$place" && break
    sleep 0.2
  done
done
rm -rf "$home/sockets" "$home/templates" "$home/holders.lock" "$home/watcher.lock"
# From here on others may begin anew.
rm -f "$home/start.lock"
rmdir "$home"

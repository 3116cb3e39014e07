# Stops a private server when its owner closes the other end of the input, if only by its death.
# usage: watcher PG_CTL PLACE SOCKETS
pg_ctl=$1 place=$2 sockets=$3
cat >/dev/null

if [ -e "$place/data/postmaster.pid" ]; then
  "$pg_ctl" stop -s -m immediate -t 10 -D "$place/data"
fi
# Again, where somebody was still writing.
for _ in 1 2 3 4 5; do
  rm -rf "$place" "$sockets" && break
  sleep 0.2
done

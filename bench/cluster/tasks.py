# Empty tasks through two engines of ipyparallel, each a message, as bench/cluster does with its own.
import json, sys, time
import ipyparallel as ipp

n = int(sys.argv[1])
cluster = ipp.Cluster(n=2, log_level=50)
cluster.start_cluster_sync()
cluster.connect_client_sync().wait_for_engines(2, interactive=False)
start = time.perf_counter()
client = ipp.Cluster.from_file(cluster.cluster_file).connect_client_sync()  # a connection of its own
client.wait_for_engines(2, interactive=False)
view = client.load_balanced_view()
empty = lambda x: x
view.apply_sync(empty, 1)
first = time.perf_counter() - start
each = []
for i in range(300):
    start = time.perf_counter()
    view.apply_sync(empty, i)
    each.append(time.perf_counter() - start)
each.sort()
start = time.perf_counter()
got = view.map_async(empty, range(n), chunksize=1).get()
rate = n / (time.perf_counter() - start)
assert got == list(range(n))
cluster.stop_cluster_sync()
print(json.dumps({"first": first * 1e3, "latency": each[len(each) // 2] * 1e3, "rate": rate}))

# What bench/objects measures, under CPython's multiprocessing: python3 objects.py NAME prints one number, in
# nanoseconds or in items or bytes a second.
import multiprocessing as mp
import os
import sys
import time
from multiprocessing import shared_memory


def per_step(n, start):
    return (time.perf_counter() - start) / n * 1e9


def lock():
    l, n = mp.Lock(), 300_000
    start = time.perf_counter()
    for _ in range(n):
        l.acquire()
        l.release()
    return per_step(n, start)


def contend(l, barrier, n, times):
    barrier.wait()
    start = time.perf_counter()
    for _ in range(n):
        l.acquire()
        l.release()
    times.put(time.perf_counter() - start)


def contended():
    l, barrier, n, times = mp.Lock(), mp.Barrier(2), 100_000, mp.Queue()
    all = [mp.Process(target=contend, args=(l, barrier, n, times)) for _ in range(2)]
    for p in all:
        p.start()
    longest = max(times.get() for _ in all)
    for p in all:
        p.join()
    return longest / (2 * n) * 1e9


def produce(q, n, item):
    for _ in range(n):
        q.put(item)


def take(n, item):
    q = mp.Queue()
    p = mp.Process(target=produce, args=(q, n, item))
    p.start()
    q.get()
    start = time.perf_counter()
    for _ in range(n - 1):
        q.get()
    rate = (n - 1) / (time.perf_counter() - start)
    p.join()
    return rate


def queue_items():
    return take(100_000, 7)


def queue_bytes():
    return take(300, b"x" * (1 << 20)) * (1 << 20)


def square(i):
    return i * i


def apply():
    with mp.Pool(2) as pool:
        pool.apply(square, (1,))
        n = 2000
        start = time.perf_counter()
        for i in range(n):
            pool.apply(square, (i,))
        return per_step(n, start)


def map_items():
    with mp.Pool(2) as pool:
        pool.map(square, range(2))
        n = 100_000
        start = time.perf_counter()
        pool.map(square, range(n))
        return n / (time.perf_counter() - start)


def started(method, n):
    context = mp.get_context(method)
    start = time.perf_counter()
    for _ in range(n):
        p = context.Process(target=square, args=(1,))
        p.start()
        p.join()
    return per_step(n, start)


def fork():
    return started("fork", 50)


def spawn():
    return started("spawn", 10)


def look(name, size):
    shm = shared_memory.SharedMemory(name=name)
    view = memoryview(shm.buf).cast("q")
    last = view[size // 8 - 1]
    view.release()
    shm.close()
    return last


def view():
    size = 100 << 20
    shm = shared_memory.SharedMemory(create=True, size=size)
    numbers = memoryview(shm.buf).cast("q")
    numbers[size // 8 - 1] = 42
    numbers.release()
    try:
        with mp.Pool(1) as pool:
            pool.apply(square, (1,))
            n = 20
            start = time.perf_counter()
            for _ in range(n):
                assert pool.apply(look, (shm.name, size)) == 42
            return per_step(n, start)
    finally:
        shm.close()
        shm.unlink()


if __name__ == "__main__":
    print(globals()[sys.argv[1]]())
    sys.stdout.flush()
    os._exit(0)  # not after the queues' threads have been waited for

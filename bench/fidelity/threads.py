"""The workloads of bench/fidelity under CPython: plain calls, and threads under the interpreter lock.

threads.py pairs WORKLOAD SIZE WORKERS REPETITIONS
    prints the seconds of each repetition after a warm-up: [[simple, threads], ...]
threads.py beside INTERVAL SECONDS
    prints the median seconds of a sleep of 1 ms [alone, beside a thread that computes]
"""

import json
import random
import statistics
import sys
import threading
import time


def counting(size):
    n = 0
    for _ in range(size):
        n += 1
    return n


def appending(size):
    xs = []
    for _ in range(size):
        xs.append(random.random())
    return len(xs)


def sleeping(size):
    for _ in range(size):
        time.sleep(0.001)


def simple(work, size, workers):
    for _ in range(workers):
        work(size)


def threads(work, size, workers):
    started = [threading.Thread(target=work, args=(size,)) for _ in range(workers)]
    for t in started:
        t.start()
    for t in started:
        t.join()


def timed(run, *args):
    start = time.perf_counter()
    run(*args)
    return time.perf_counter() - start


def pairs(work, size, workers, repetitions):
    times = [[timed(simple, work, size, workers), timed(threads, work, size, workers)] for _ in range(repetitions + 1)]
    return times[1:]


def compute_until(end):
    while time.perf_counter() < end:
        for _ in range(1000):
            pass


def sleeps_until(end, took):
    took.append(timed(time.sleep, 0.001))  # one also on a machine that was busy until the end
    while time.perf_counter() < end:
        took.append(timed(time.sleep, 0.001))


def beside(interval, seconds):
    sys.setswitchinterval(interval)
    medians = []
    for computing in (False, True):
        took, end = [], time.perf_counter() + seconds
        both = [threading.Thread(target=sleeps_until, args=(end, took))]
        if computing:
            both.append(threading.Thread(target=compute_until, args=(end,)))
        for t in both:
            t.start()
        for t in both:
            t.join()
        medians.append(statistics.median(took))
    return medians


if __name__ == "__main__":
    what, args = sys.argv[1], sys.argv[2:]
    if what == "pairs":
        result = pairs(globals()[args[0]], *map(int, args[1:]))
    else:
        result = beside(*map(float, args))
    print(json.dumps(result))

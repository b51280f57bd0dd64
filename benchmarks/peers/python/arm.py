"""
The arm of a Python client: the same task, measurement and outcome as ../../arm.ts, with a blocking interface.

    python3 arm.py websockets '{"row": ...}'
    python3 arm.py websockets --probe        ends with 0 when the library is there
"""

import json
import math
import sys
import time

from payloads import messages


def open_websockets(url, deflate):
    from websockets.sync.client import connect

    return connect(url, compression="deflate" if deflate else None, max_size=None)


def open_websocket_client(url, deflate):
    from websocket import create_connection

    return WebsocketClient(create_connection(url))


class WebsocketClient:
    """websocket-client sends text unless it is told otherwise."""

    def __init__(self, socket):
        self.recv = socket.recv
        self.close = socket.close
        self.text = socket.send
        self.binary = socket.send_binary

    def send(self, message):
        self.text(message) if isinstance(message, str) else self.binary(message)


def take(work, seconds):
    """As in ../../measure/Sample.ts: warms up, then measures once, in one piece."""
    units = 1
    elapsed, _ = timed(work, units)
    total = elapsed
    while elapsed < seconds / 4 or total < seconds / 2:
        units = math.ceil(units * min(8, seconds / 2 / max(elapsed, 1e-6)))
        elapsed, _ = timed(work, units)
        total += elapsed
    units = max(1, round(units * seconds / elapsed))
    return (units, *timed(work, units))


def timed(work, units):
    cpu, start = time.process_time(), time.perf_counter()
    work(units)
    return time.perf_counter() - start, time.process_time() - cpu


def values(units, elapsed, cpu, unit):
    return {"rate": units * unit / elapsed, "cpu": cpu / (units * unit) * 1e6}


def receive(open_socket, task, series, problems):
    unit, every = task["row"]["unit"], 61
    socket = open_socket("receive")
    count = length = 0

    def work(units):
        nonlocal count, length
        for _ in range(units):
            socket.send("next")
        for _ in range(units * unit):
            message = socket.recv()
            length += len(message)
            if count % every == 0 and message != series[count % len(series)]:
                problems.append(f"message {count} has the wrong content")
            count += 1

    sample = take(work, task["seconds"])
    socket.close()
    if length != count // len(series) * sum(map(len, series)):
        problems.append(f"messages of {length} in length came, not as sent")
    return values(*sample, unit), {"received": count}


def send(open_socket, task, series, problems):
    unit = task["row"]["unit"]
    socket = open_socket("send")
    sent = 0

    def work(units):
        nonlocal sent
        for index in range(units * unit):
            socket.send(series[index % len(series)])
        for _ in range(units):
            socket.recv()
        sent += units * unit

    sample = take(work, task["seconds"])
    socket.close()
    return values(*sample, unit), {"sent": sent}


def echo(open_socket, task, series, problems):
    trips, message = 64, "x" * task["row"]["size"]
    socket = open_socket("echo")
    latencies, total = [], 0

    def work(units):
        nonlocal total
        latencies.clear()
        for _ in range(units * trips):
            start = time.perf_counter()
            socket.send(message)
            if socket.recv() != message:
                problems.append("a reply was not what was sent")
            latencies.append(time.perf_counter() - start)
        total += units * trips

    sample = take(work, task["seconds"])
    socket.close()
    latencies.sort()
    percentile = lambda fraction: latencies[int((len(latencies) - 1) * fraction)] * 1e6
    result = {**values(*sample, trips), "p50": percentile(0.5), "p99": percentile(0.99)}
    return result, {"sent": total, "received": total}


def main(library, argument):
    open_library = {"websockets": open_websockets, "websocket-client": open_websocket_client}[library]
    if argument == "--probe":
        __import__({"websockets": "websockets.sync.client", "websocket-client": "websocket"}[library])
        return
    task = json.loads(argument)
    row = task["row"]
    workload = row["workload"]
    payload, fragment, deflate = workload["payload"], workload.get("fragment", 0), workload.get("deflate", False)
    query = f"payload={payload}&size={row['size']}&unit={row['unit']}&fragment={fragment}&deflate={int(deflate)}"
    open_socket = lambda mode: open_library(f"{task['url']}/{mode}?{query}", deflate)
    problems = []
    measure = {"receive": receive, "send": send, "echo": echo}[workload["kind"]]
    result, seen = measure(open_socket, task, messages(payload, row["size"]), problems)
    print(json.dumps({"values": result, "seen": seen, "problems": problems[:10]}))


main(*sys.argv[1:])

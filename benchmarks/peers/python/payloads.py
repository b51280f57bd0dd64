"""The messages of ../../Payloads.ts, byte for byte: the server compares what arrives."""

import math

ASCII = "The quick brown fox jumps over the lazy dog; 0123456789 times it did. "
MIXED_SCRIPTS = "Grüße naïve, привет мир, 世界へようこそ, שלום, 🌍🚀 "
SYMBOLS = ["EURUSD", "GBPUSD", "USDJPY", "AUDNZD", "EURCHF"]
RECORD_BYTES = 56


def messages(payload, size):
    count = min(4096, max(1, 2 ** math.floor(math.log2(256 * 1024 / size))))
    return [MAKE[payload](index, size) for index in range(count)]


def text(index, size):
    return (f"{index:08d}" + ASCII * math.ceil(size / len(ASCII)))[:size]


def binary(index, size):
    tail = bytes((index + at * 31 + (at >> 8)) & 0xFF for at in range(8, size))
    return f"{index:08d}".encode() + tail


def multibyte(index, size):
    whole = f"{index:08d}" + MIXED_SCRIPTS * math.ceil(size / len(MIXED_SCRIPTS))
    cut = whole.encode()[:size].decode(errors="ignore")
    return cut + "." * (size - len(cut.encode()))


def json(index, size):
    first = index * math.ceil(size / RECORD_BYTES)
    records = [record(first + at) for at in range((size - 1) // RECORD_BYTES)]
    return (f"[{','.join(records)}]" if len(records) > 1 else record(first)).ljust(size)


def record(number):
    noise = f"{(((number + 1) * 0x9E3779B1) & 0xFFFFFFFF) >> 8:08d}"
    symbol = SYMBOLS[number % len(SYMBOLS)]
    return f'{{"s":"{symbol}","bid":1.{noise[:5]},"ask":1.{noise[3:8]},"n":{10_000_000 + number}}}'


MAKE = {"text": text, "binary": binary, "multibyte": multibyte, "json": json}

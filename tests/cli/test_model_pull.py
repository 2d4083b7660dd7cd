"""molbridge model pull and model list against a local server that breaks off, lies and serves wrong bytes."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import clean_environment
from pull_server import Server, body_of, sequence, sha, slowly

BODY = body_of(300_000)
OTHER = body_of(300_000, seed=2)
QUICK = ("--retry-wait", "0", "--proxy", "none")


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def registry_text(server, files, name="tiny", **more):
    lines = ["format = 1", f"[{name}]", 'kind = "bert"', 'licence = "MIT"', 'import = "molbridge model import {folder} -o out"']
    for file, facts in files.items():
        url = facts.get("url", f"{server.url}/{file}")
        lines += [f"[[{name}.files]]", f'name = "{file}"', f'url = "{url}"']
        lines += [f"size = {facts['size']}"] if "size" in facts else []
        lines += [f'sha256 = "{facts["sha256"]}"'] if "sha256" in facts else []
    return "\n".join(lines) + "\n"


KNOWN = {"size": len(BODY), "sha256": sha(BODY)}


@pytest.fixture
def pull(run, server, tmp_path):
    """pull(action, ...) serves `action` as w.bin and pulls it; facts are what the registry says of it."""

    def call(action=None, facts=KNOWN, *more, files=None, env=None, **others):
        if action is not None:
            server.actions["w.bin"] = action
        registry = tmp_path / "registry.toml"
        registry.write_text(registry_text(server, files or {"w.bin": facts}))
        cache = {"MOLBRIDGE_CACHE": str(tmp_path / "cache"), **(env or {})}
        return run("model", "pull", "tiny", "--registry", registry, *QUICK, *more, env=cache, **others)

    call.folder = tmp_path / "cache/models/tiny"
    call.file = call.folder / "w.bin"
    call.part = call.folder / "w.bin.part"
    return call


def good(handler):
    handler.serve(BODY)


def leftovers(pull):
    return sorted(p.name for p in pull.folder.iterdir() if p.name not in (".lock", "pulled.toml"))


def assert_pulled(done, pull, body=BODY):
    assert done.returncode == 0, done.stderr
    assert pull.file.read_bytes() == body
    assert leftovers(pull) == ["w.bin"]
    assert done.stdout == f"{pull.folder}\n"


def assert_refused(done, pull, code, *texts):
    assert done.returncode == code, done.stderr
    assert not pull.file.exists()
    for text in texts:
        assert text in done.stderr


# --- a good server ---


def test_file_is_fetched_verified_and_noted(pull, server):
    done = pull(good)
    assert_pulled(done, pull)
    assert "next: molbridge model import" in done.stderr and "warning" not in done.stderr
    record = (pull.folder / "pulled.toml").read_text()
    assert sha(BODY) in record and f"size = {len(BODY)}" in record and "verified = true" in record
    again = pull(good)
    assert_pulled(again, pull)
    assert "0 files fetched" in again.stderr and len(server.requests) == 1


def test_several_files_and_a_folder_in_the_name(pull, server):
    server.actions["a.json"] = lambda h: h.plain(200, b"{}")
    server.actions["1_Pooling/config.json"] = lambda h: h.plain(200, b"{ }")
    done = pull(good, files={"a.json": {"size": 2}, "1_Pooling/config.json": {"size": 3}, "w.bin": KNOWN})
    assert done.returncode == 0, done.stderr
    assert (pull.folder / "1_Pooling/config.json").read_bytes() == b"{ }"


def test_output_folder(pull, tmp_path):
    done = pull(good, KNOWN, "-o", tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine/w.bin").read_bytes() == BODY and not pull.folder.exists()
    assert done.stdout == f"{tmp_path}/mine\n"


def test_folder_of_another_model_is_left_alone(pull, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/pulled.toml").write_text('name = "other"\n')
    done = pull(good, KNOWN, "-o", tmp_path / "mine")
    assert done.returncode == 6 and "holds the model other" in done.stderr


def test_chunked_body(pull):
    def chunked(handler):
        handler.head(200, {"Transfer-Encoding": "chunked"})
        for at in range(0, len(BODY), 70_000):
            piece = BODY[at : at + 70_000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    assert_pulled(pull(chunked, {}), pull)


# --- breaking off, and going on ---


def test_broken_connection_goes_on_where_it_stopped(pull, server):
    done = pull(sequence(lambda h: h.serve(BODY, stop_after=100_000), lambda h: h.serve(BODY, stop_after=50_000), good))
    assert_pulled(done, pull)
    ranges = [headers.get("Range") for _, headers, _ in server.requests]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert server.requests[1][1]["If-Range"] == '"v1"'


def test_part_is_kept_when_given_up_and_continued_by_the_next_run(pull, server):
    done = pull(lambda h: h.serve(BODY, stop_after=0 if h.asked_from() else 120_000), KNOWN, "--attempts", "3")
    assert_refused(done, pull, 3, "given up after 3 attempts", "120,000 bytes are kept")
    assert pull.part.read_bytes() == BODY[:120_000]
    server.requests.clear()
    done = pull(good)
    assert_pulled(done, pull)
    assert server.requests[0][1]["Range"] == "bytes=120000-" and "went on from byte 120,000" in done.stderr


@pytest.mark.parametrize("facts", [KNOWN, {}])
def test_kill_in_the_middle_then_resume(pull, server, binary, tmp_path, facts):
    server.actions["w.bin"] = slowly(BODY, 10_000, 0.05)
    (tmp_path / "registry.toml").write_text(registry_text(server, {"w.bin": facts}))
    environment = clean_environment({"MOLBRIDGE_CACHE": str(tmp_path / "cache")})
    command = [binary, "model", "pull", "tiny", "--registry", str(tmp_path / "registry.toml"), *QUICK]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: pull.part.exists() and pull.part.stat().st_size >= 40_000)
    child.kill()
    child.wait()
    kept = pull.part.stat().st_size
    assert 0 < kept < len(BODY) and pull.part.read_bytes() == BODY[:kept] and not pull.file.exists()
    server.requests.clear()
    assert_pulled(pull(good, facts), pull)
    assert server.requests[0][1]["Range"] == f"bytes={kept}-"


def test_interrupt_leaves_a_part_and_code_130(pull, server, binary, tmp_path):
    server.actions["w.bin"] = slowly(BODY, 10_000, 0.1)
    (tmp_path / "registry.toml").write_text(registry_text(server, {"w.bin": KNOWN}))
    environment = clean_environment({"MOLBRIDGE_CACHE": str(tmp_path / "cache")})
    command = [binary, "model", "pull", "tiny", "--registry", str(tmp_path / "registry.toml"), *QUICK]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_for(lambda: pull.part.exists() and pull.part.stat().st_size >= 20_000)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=20) == 130
    child.stderr.close()
    assert pull.part.stat().st_size >= 20_000 and not pull.file.exists()
    assert_pulled(pull(good), pull)


def test_server_without_ranges_starts_anew(pull, server):
    whole = lambda h: h.serve(BODY, ranges=False)
    done = pull(sequence(lambda h: h.serve(BODY, ranges=False, stop_after=100_000), whole))
    assert_pulled(done, pull)
    assert "from its first byte: started anew" in done.stderr


def test_file_that_changed_meanwhile_starts_anew_by_if_range(pull):
    done = pull(sequence(lambda h: h.serve(OTHER, etag='"v0"', stop_after=100_000), good), {})
    assert_pulled(done, pull)


def test_rest_of_a_changed_file_is_not_appended(pull):
    """A server that ignores If-Range and gives the rest of another version, with its own tag."""

    def rest_of_new(handler):
        start = handler.asked_from()
        headers = {"ETag": '"v1"', "Content-Length": str(len(BODY) - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
        handler.head(206 if start else 200, headers)
        handler.wfile.write(BODY[start:])

    done = pull(sequence(lambda h: h.serve(OTHER, etag='"v0"', stop_after=100_000), rest_of_new), {})
    assert_pulled(done, pull)
    assert "changed on the server" in done.stderr


def test_foreign_part_is_found_out_by_the_checksum(pull, server):
    """Same tag, other bytes: what an earlier run left does not fit, so the file is fetched once more from its first byte."""
    pull(lambda h: h.serve(OTHER, stop_after=0 if h.asked_from() else 100_000), KNOWN, "--attempts", "2")
    assert pull.part.read_bytes() == OTHER[:100_000]
    done = pull(good)
    assert_pulled(done, pull)
    assert "did not fit: started anew" in done.stderr


@pytest.mark.parametrize("damage", ["no note", "cut note", "too long"])
def test_damaged_part_is_dropped(pull, damage):
    pull(lambda h: h.serve(BODY, stop_after=0 if h.asked_from() else 100_000), KNOWN, "--attempts", "2")
    note = Path(f"{pull.part}.toml")
    if damage == "no note":
        note.unlink()
    elif damage == "cut note":
        note.write_text(note.read_text()[:-40])
    else:
        pull.part.write_bytes(BODY + b"more")
    assert_pulled(pull(good), pull)


def test_complete_part_is_taken_without_the_server(pull, server):
    pull(lambda h: h.serve(BODY, stop_after=0 if h.asked_from() else 100_000), KNOWN, "--attempts", "2")
    pull.part.write_bytes(BODY)
    server.requests.clear()
    assert_pulled(pull(good), pull)
    assert server.requests == []


def test_complete_part_of_unknown_size(pull):
    pull(lambda h: h.serve(BODY, stop_after=0 if h.asked_from() else 100_000), {"sha256": sha(BODY)}, "--attempts", "2")
    pull.part.write_bytes(BODY)
    assert_pulled(pull(good, {"sha256": sha(BODY)}), pull)


# --- lies ---


def test_wrong_content_range_is_refused(pull):
    def wrong(handler):
        if not handler.asked_from():
            return handler.serve(BODY, stop_after=100_000)
        handler.head(206, {"Content-Range": f"bytes 5-{len(BODY) - 1}/{len(BODY)}", "Content-Length": str(len(BODY) - 5)})
        return handler.wfile.write(BODY[5:])

    assert_refused(pull(wrong), pull, 3, "asked for the bytes from 100,000 on", "Content-Range", "w.bin.part")


@pytest.mark.parametrize("header", [None, "bytes x-y/z", "bytes 0-299999/300000"])
def test_part_that_was_not_asked_for_is_refused(pull, header):
    headers = {"Content-Length": str(len(BODY)), **({"Content-Range": header} if header else {})}
    assert_refused(pull(lambda h: (h.head(206, headers), h.wfile.write(BODY))), pull, 3, "Content-Range")


def test_wrong_bytes_are_not_put_in_place(pull):
    done = pull(lambda h: h.serve(OTHER))
    assert_refused(done, pull, 3, f"expected SHA-256 {sha(BODY)}, got {sha(OTHER)}")
    assert leftovers(pull) == []


def test_wrong_bytes_leave_the_old_good_file(pull):
    pull(good)
    newer = {"size": len(OTHER), "sha256": sha(OTHER)}
    done = pull(lambda h: h.serve(BODY[:-1] + b"x"), newer)
    assert done.returncode == 3 and "got" in done.stderr
    assert pull.file.read_bytes() == BODY
    assert_pulled(pull(lambda h: h.serve(OTHER), newer), pull, OTHER)


@pytest.mark.parametrize("size", [1, len(BODY) - 1, len(BODY) + 1, 10 * len(BODY), 2**62])
def test_offered_size_is_compared_before_anything_is_written(pull, size):
    def lie(handler):
        handler.head(200, {"Content-Length": str(size)})
        handler.wfile.write(BODY)
        handler.cut()

    assert_refused(pull(lie), pull, 3, f"offers {size:,} bytes, expected are 300,000 bytes")


def test_length_that_is_too_long_for_the_body(pull):
    def lie(handler):
        handler.head(200, {"Content-Length": str(len(BODY) + 5)})
        handler.wfile.write(BODY)
        handler.cut()

    assert_refused(pull(lie, {}, "--attempts", "2"), pull, 3, "given up")


def test_length_that_is_too_short_for_the_body_is_found_by_the_checksum(pull):
    def lie(handler):
        handler.head(200, {"Content-Length": "1000"})
        handler.wfile.write(BODY)
        handler.cut()

    assert_refused(pull(lie, {"sha256": sha(BODY)}), pull, 3, "expected SHA-256")


@pytest.mark.parametrize("value", ["-1", "12x", "1e3", "99999999999999999999999"])
def test_length_that_is_no_number(pull, value):
    done = pull(lambda h: (h.head(200, {"Content-Length": value}), h.wfile.write(BODY), h.cut()), {}, "--attempts", "2")
    assert_refused(done, pull, 3)


def endless(handler):
    handler.head(200, {"Transfer-Encoding": "chunked"})
    while True:
        handler.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")


def test_endless_body_ends_at_the_expected_size(pull):
    assert_refused(pull(endless), pull, 3, "sends more than the expected 300,000 bytes")
    assert leftovers(pull) == []


def test_endless_body_of_unknown_size_ends_at_the_limit(pull):
    assert_refused(pull(endless, {}, "--max-size", "5M"), pull, 3, "sends more than the allowed")
    assert leftovers(pull) == []


def test_body_whose_end_nobody_knows_is_refused(pull):
    def open_ended(handler):
        handler.protocol_version = "HTTP/1.0"
        handler.head(200, {"Connection": "close"})
        handler.wfile.write(BODY[:1000])
        handler.cut()

    assert_refused(pull(open_ended, {}), pull, 3, "how long the file is")
    assert_refused(pull(open_ended, KNOWN, "--attempts", "2"), pull, 3, "of 300,000 bytes")


def test_packed_answer_is_refused(pull):
    assert_refused(pull(lambda h: h.plain(200, BODY, Content_Encoding="gzip")), pull, 3, "packed (gzip)")


def test_answer_that_is_not_http(pull):
    def garbage(handler):
        handler.wfile.write(b"\x00\x01garbage\r\n" * 10)
        handler.cut()

    assert_refused(pull(garbage, KNOWN, "--attempts", "2"), pull, 3)


# --- status codes ---


@pytest.mark.parametrize("status, text", [(404, "no such file"), (410, "no such file"), (401, "HF_TOKEN"), (403, "HF_TOKEN"), (418, "418")])
def test_status_that_ends_it_at_once(pull, server, status, text):
    assert_refused(pull(lambda h: h.plain(status, b"no")), pull, 3, f"HTTP {status}", text)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_passing_status_is_tried_again(pull, server, status):
    assert_pulled(pull(sequence(lambda h: h.plain(status, b"later"), good)), pull)
    assert len(server.requests) == 2


def test_retry_after_is_kept(pull):
    started = time.monotonic()
    assert_pulled(pull(sequence(lambda h: h.plain(429, b"", Retry_After="2"), good)), pull)
    assert time.monotonic() - started >= 2


def test_retry_after_that_is_too_long_is_given_up(pull, server):
    assert_refused(pull(lambda h: h.plain(429, b"", Retry_After="86400")), pull, 3, "it asks to wait 24:00:00")
    assert len(server.requests) == 1


def test_status_in_the_middle_keeps_what_came(pull):
    assert_pulled(pull(sequence(lambda h: h.serve(BODY, stop_after=100_000), lambda h: h.plain(503, b"x"), good)), pull)


def test_stalled_connection_is_ended_and_tried_again(pull):
    def stall(handler):
        handler.head(200, {"Content-Length": str(len(BODY)), "ETag": '"v1"'})
        handler.wfile.write(BODY[:1000])
        handler.wfile.flush()
        time.sleep(6)
        handler.cut()

    assert_pulled(pull(sequence(stall, good), KNOWN, "--stall-timeout", "1"), pull)


def test_nobody_listens(pull, server):
    server.http.socket.close()
    done = pull(None, KNOWN, "--attempts", "2")
    assert_refused(done, pull, 3, "given up after 2 attempts")


def test_unknown_host_names_the_offline_way(pull):
    done = pull(None, {"url": "https://no-such-host.invalid/w.bin"})
    assert_refused(done, pull, 3, "no-such-host.invalid", "--offline says where")


# --- redirects and tokens ---


def redirect(target, status=302):
    return lambda handler: handler.plain(status, b"there", Location=target)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed(pull, server, status):
    server.actions["there"] = good
    assert_pulled(pull(redirect("/there", status)), pull)


def test_resuming_through_a_redirect(pull, server):
    server.actions["there"] = sequence(lambda h: h.serve(BODY, stop_after=100_000), good)
    assert_pulled(pull(redirect("there")), pull)
    assert [h.get("Range") for p, h, _ in server.requests if p == "there"] == [None, "bytes=100000-"]


def test_redirect_loop_ends(pull, server):
    assert_refused(pull(redirect("/w.bin")), pull, 3, "more than 10 times")
    assert len(server.requests) == 11


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://h/x", "gopher://h/x", "http://", "http://u:p@127.0.0.1/"])
def test_redirect_to_elsewhere_is_refused(pull, target):
    assert_refused(pull(redirect(target)), pull, 3, "redirected to nowhere")


def test_redirect_without_a_target(pull):
    assert_refused(pull(lambda h: h.plain(302, b"")), pull, 3, "redirected to nowhere")


def test_token_goes_to_the_hub_alone_and_not_across_a_redirect(pull, server):
    other = Server()
    try:
        other.actions["there"] = good
        files = {"w.bin": {**KNOWN, "url": "https://huggingface.co/w.bin"}}
        server.actions["w.bin"] = redirect(f"{other.url}/there")
        done = pull(None, files=files, env={"HF_TOKEN": "hf_secret", "HF_ENDPOINT": server.url + "/"})
        assert_pulled(done, pull)
        assert server.requests[0][1]["Authorization"] == "Bearer hf_secret"
        assert "Authorization" not in other.requests[0][1]
        assert "hf_secret" not in done.stderr
    finally:
        other.close()


def test_token_comes_along_within_the_host(pull, server):
    files = {"w.bin": {**KNOWN, "url": "https://huggingface.co/w.bin"}}
    server.actions.update({"w.bin": redirect("/next"), "next": good})
    assert_pulled(pull(None, files=files, env={"HF_TOKEN": "hf_secret", "HF_ENDPOINT": server.url}), pull)
    assert [h.get("Authorization") for _, h, _ in server.requests] == ["Bearer hf_secret"] * 2


def test_token_is_not_for_other_registries_hosts(pull, server):
    assert_pulled(pull(good, env={"HF_TOKEN": "hf_secret"}), pull)
    assert "Authorization" not in server.requests[0][1]


# --- TLS ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with the openssl program")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1".split()
    subprocess.run(["openssl", *options, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def secure(certificate):
    server = Server(certificate)
    yield server
    server.close()


def test_unknown_certificate_is_refused(pull, secure):
    secure.actions["w.bin"] = good
    done = pull(None, {**KNOWN, "url": f"{secure.url}/w.bin"})
    assert_refused(done, pull, 3, "certificate")
    assert secure.requests == []


def test_certificate_of_the_environment_is_trusted(pull, secure, certificate):
    secure.actions["w.bin"] = good
    assert_pulled(pull(None, {**KNOWN, "url": f"{secure.url}/w.bin"}, env={"SSL_CERT_FILE": f"{certificate}.crt"}), pull)


def test_redirect_from_https_to_http_is_refused(pull, secure, server, certificate):
    server.actions["w.bin"] = good
    secure.actions["w.bin"] = redirect(f"{server.url}/w.bin")
    done = pull(None, {**KNOWN, "url": f"{secure.url}/w.bin"}, env={"SSL_CERT_FILE": f"{certificate}.crt"})
    assert_refused(done, pull, 3, "from https to plain http")
    assert server.requests == []


# --- proxies ---


@pytest.fixture
def proxy():
    proxy = Server()
    yield proxy
    proxy.close()


@pytest.mark.parametrize("how", ["flag", "HTTP_PROXY", "http_proxy"])
def test_proxy_is_asked(run, tmp_path, proxy, how):
    proxy.actions["w.bin"] = good
    registry = tmp_path / "r.toml"
    registry.write_text(registry_text(proxy, {"w.bin": {**KNOWN, "url": "http://far.invalid/w.bin"}}))
    more = ("--proxy", proxy.url) if how == "flag" else ()
    env = {"MOLBRIDGE_CACHE": str(tmp_path / "c"), **({} if how == "flag" else {how: proxy.url})}
    done = run("model", "pull", "tiny", "--registry", registry, *more, env=env)
    assert done.returncode == 0, done.stderr
    assert proxy.requests[0][2] == "http://far.invalid/w.bin"


@pytest.mark.parametrize("more, env", [((), {"NO_PROXY": "127.0.0.1"}), (("--proxy", "none"), {})])
def test_proxy_is_passed_by(run, tmp_path, server, proxy, more, env):
    server.actions["w.bin"] = good
    registry = tmp_path / "r.toml"
    registry.write_text(registry_text(server, {"w.bin": KNOWN}))
    env = {"MOLBRIDGE_CACHE": str(tmp_path / "c"), "HTTP_PROXY": proxy.url, **env}
    done = run("model", "pull", "tiny", "--registry", registry, *more, env=env)
    assert done.returncode == 0, done.stderr
    assert proxy.requests == []


# --- without a published checksum ---


def test_unverified_file_is_said_and_noted(pull):
    done = pull(good, {})
    assert_pulled(done, pull)
    assert "warning: 1 of 1 files could not be verified" in done.stderr and "w.bin" in done.stderr
    assert "verified = false" in (pull.folder / "pulled.toml").read_text()


def test_later_pull_is_checked_against_the_first(pull):
    pull(good, {})
    pull.file.unlink()
    done = pull(lambda h: h.serve(OTHER), {})
    assert_refused(done, pull, 3, f"expected SHA-256 {sha(BODY)}, got {sha(OTHER)}", "was pulled on 20", f"remove {pull.folder}")
    assert_pulled(pull(good, {}), pull)


def test_file_changed_on_the_disk_is_fetched_again(pull):
    pull(good, {})
    pull.file.write_bytes(OTHER)
    done = pull(good, {})
    assert_pulled(done, pull)
    assert "another SHA-256 than it should" in done.stderr


def test_new_address_in_the_registry_is_fetched(pull, server):
    pull(good, {})
    server.actions["v2"] = lambda h: h.serve(OTHER)
    assert_pulled(pull(None, {"url": f"{server.url}/v2"}), pull, OTHER)


def test_damaged_record_is_an_error(pull):
    pull(good, {})
    (pull.folder / "pulled.toml").write_text("name = \n")
    done = pull(good, {})
    assert done.returncode == 4 and "pulled.toml:1" in done.stderr


# --- offline ---


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_offline_says_what_to_put_where(pull, server, how):
    done = pull(good, KNOWN, *(["--offline"] if how == "flag" else []), env={"MOLBRIDGE_OFFLINE": "1"} if how == "variable" else {})
    assert_refused(done, pull, 4, f"{server.url}/w.bin", f"-> {pull.file}, 300,000 bytes, SHA-256 {sha(BODY)}")
    assert server.requests == [] and not pull.folder.exists()


def test_files_put_in_place_by_hand_are_taken(pull, server):
    pull.folder.mkdir(parents=True)
    pull.file.write_bytes(BODY)
    done = pull(good, KNOWN, "--offline")
    assert_pulled(done, pull)
    pull.file.write_bytes(OTHER)
    done = pull(good, KNOWN, "--offline")
    assert done.returncode == 4 and "another SHA-256" in done.stderr and pull.file.read_bytes() == OTHER
    assert server.requests == []


# --- disks ---


def test_folder_that_cannot_be_made(pull, tmp_path):
    (tmp_path / "file").write_text("x")
    done = pull(good, KNOWN, "-o", tmp_path / "file/below")
    assert done.returncode == 6 and "file/below" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_without_permission(pull, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    done = pull(good, KNOWN, "-o", tmp_path / "closed")
    assert done.returncode == 6 and "Permission denied" in done.stderr


def test_disk_that_is_too_small_is_seen_before(pull):
    size = 2**43
    done = pull(lambda h: h.head(200, {"Content-Length": str(size)}), {"size": size})
    assert done.returncode == 6 and "are free on this disk" in done.stderr
    assert "HTTP" not in done.stderr


def test_disk_full_in_the_middle_keeps_what_came(pull, server):
    limit = 100_000
    done = pull(good, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert_refused(done, pull, 6, "cannot write", "File too large")
    assert pull.part.read_bytes() == BODY[:limit]
    server.requests.clear()
    assert_pulled(pull(good), pull)
    assert server.requests[0][1]["Range"] == f"bytes={limit}-"


def test_part_that_is_a_link_is_not_followed(pull, tmp_path):
    (tmp_path / "precious").write_text("precious")
    pull.folder.mkdir(parents=True)
    pull.part.symlink_to(tmp_path / "precious")
    assert_pulled(pull(good), pull)
    assert (tmp_path / "precious").read_text() == "precious"


# --- two at once ---


def test_two_pulls_at_once_fetch_it_once(pull, server, binary, tmp_path):
    server.actions["w.bin"] = slowly(BODY, 30_000, 0.1)
    (tmp_path / "registry.toml").write_text(registry_text(server, {"w.bin": KNOWN}))
    environment = clean_environment({"MOLBRIDGE_CACHE": str(tmp_path / "cache")})
    command = [binary, "model", "pull", "tiny", "--registry", str(tmp_path / "registry.toml"), *QUICK]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(child.communicate(timeout=60)[1] for child in both)
    assert [child.returncode for child in both] == [0, 0], said
    assert len(server.requests) == 1 and pull.file.read_bytes() == BODY
    assert "waiting for it" in said and leftovers(pull) == ["w.bin"]


# --- names and lists ---


def test_unknown_name_gets_the_nearest(run, tmp_path):
    done = run("model", "pull", "dreams-embeding", env={"MOLBRIDGE_CACHE": str(tmp_path)})
    assert done.returncode == 4 and "did you mean dreams-embedding?" in done.stderr


@pytest.mark.parametrize("name", ["../x", "..", "/etc/passwd", ""])
def test_names_that_are_paths(run, tmp_path, name):
    assert run("model", "pull", name, env={"MOLBRIDGE_CACHE": str(tmp_path / "c")}).returncode in (2, 4)
    assert not (tmp_path / "c").exists()


def test_broken_registry_names_its_line(run, tmp_path):
    (tmp_path / "r.toml").write_text('format = 1\n[x]\nkind = "bert\n')
    done = run("model", "list", "--registry", tmp_path / "r.toml", env={"MOLBRIDGE_CACHE": str(tmp_path)})
    assert done.returncode == 4 and "r.toml:3" in done.stderr


def listed(run, pull, registry, name="tiny"):
    done = run("model", "list", "--json", "--registry", registry, env={"MOLBRIDGE_CACHE": str(pull.folder.parents[1])})
    assert done.returncode == 0, done.stderr
    return next(m for m in json.loads(done.stdout)["models"] if m["name"] == name)


def test_list_shows_every_state(run, pull, tmp_path):
    registry = tmp_path / "registry.toml"
    broken = lambda h: h.serve(BODY, stop_after=0 if h.asked_from() else 120_000)
    assert pull(broken, KNOWN, "--attempts", "2").returncode == 3
    partial = listed(run, pull, registry)
    assert partial["state"] == "partial" and partial["bytes_here"] == 120_000 and partial["size"] == 300_000
    pull(good)
    whole = listed(run, pull, registry)
    assert whole["state"] == "pulled" and whole["folder"] == str(pull.folder) and whole["licence"] == "MIT"
    pull.file.write_bytes(b"short")
    assert listed(run, pull, registry)["state"] == "partial"
    assert listed(run, pull, registry, "fingerprint-ffn")["state"] == "shipped"
    remote = listed(run, pull, registry, "dreams-embedding")
    assert remote["state"] == "not pulled" and remote["folder"] is None and remote["size"] == 1_241_290_418
    (pull.folder / "pulled.toml").write_text("= damaged")
    assert "problem" in listed(run, pull, registry)


def test_list_as_text(run, pull, tmp_path):
    pull(good)
    done = run("model", "list", "--registry", tmp_path / "registry.toml", env={"MOLBRIDGE_CACHE": str(tmp_path / "cache")})
    assert done.returncode == 0
    assert re.search(r"^tiny +bert +300 kB +pulled +MIT$", done.stdout, re.M)
    assert re.search(r"^dreams-embedding +dreams +1\.24 GB +not pulled +MIT$", done.stdout, re.M)
    assert re.search(r"^esm2-8m +esm +31\.4 MB\+ +not pulled +MIT$", done.stdout, re.M)


@pytest.mark.parametrize("verb", ["list", "pull"])
def test_help_opens_with_an_example(run, verb):
    assert run("model", verb, "--help").stdout.startswith(f"Example: molbridge model {verb}")


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)

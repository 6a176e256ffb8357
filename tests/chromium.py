"""Chromium without a screen, spoken to by the DevTools protocol: what a page asks for,
what it complains of, how wide it is, how it looks."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One browser with one page; `place` is an empty directory of its own."""

    def __init__(self, place):
        to_read, from_browser = os.pipe()
        to_browser, to_write = os.pipe()
        # The browser reads from descriptor 3 and writes to 4; ours are out of the way.
        for_reading, for_writing = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
                                    for fd in (to_browser, from_browser))
        command = [PROGRAM, "--headless", "--disable-gpu", "--remote-debugging-pipe",
                   f"--user-data-dir={place}", "--hide-scrollbars", "--no-first-run",
                   "--disable-dev-shm-usage"]
        if os.geteuid() == 0:  # for whom it has no sandbox
            command.append("--no-sandbox")
        self.process = os.posix_spawn(PROGRAM, command, os.environ, setsid=True, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, for_reading, 3), (os.POSIX_SPAWN_DUP2, for_writing, 4)])
        for fd in (to_browser, from_browser, for_reading, for_writing):
            os.close(fd)
        self.to_read, self.to_write = to_read, to_write
        self.unread, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.to_read)
        os.close(self.to_write)

    def _receive(self, seconds):
        """The next message; None when there is none for so long."""
        end = time.monotonic() + seconds
        while b"\0" not in self.unread:
            if not select.select([self.to_read], [], [], max(end - time.monotonic(), 0))[0]:
                return None
            more = os.read(self.to_read, 1 << 16)
            if not more:
                raise RuntimeError("chromium has ended")
            self.unread += more
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(60)
            if answer is None:
                raise RuntimeError(f"chromium does not answer {method}")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path, width=1000, dark=False):
        """Shows a file; returns (addresses that were asked for beside it, complaints)."""
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", media="", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        address = "file://" + os.path.abspath(path)
        self.call("Page.navigate", url=address)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            event = self._receive(30)
            if event is None:
                raise RuntimeError(f"chromium does not finish {path}")
            self.events.append(event)
        self.evaluate("new Promise(f => requestAnimationFrame(() => setTimeout(f, 50)))")
        asked, complaints = [], []
        for event in self.events:
            method, what = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent":
                asked.append(what["request"]["url"])
            elif method == "Log.entryAdded":
                complaints.append(what["entry"]["text"])
            elif method == "Runtime.consoleAPICalled":
                complaints.append(str(what["args"]))
            elif method == "Runtime.exceptionThrown":
                complaints.append(str(what["exceptionDetails"]))
        return [a for a in asked if a != address and not a.startswith("data:")], complaints

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        return answer["result"].get("value")

    def picture(self, height=None):
        """A PNG of the page, or of its upper part."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"],
                "height": min(size["height"], height or 4000), "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=clip,
                                          captureBeyondViewport=True)["data"])

    def paper(self):
        """A PDF of the page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

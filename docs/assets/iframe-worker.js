// A Worker for pages opened from the disk, where browsers allow none: a hidden frame that loads the
// same script. It has what the search needs: postMessage both ways, and importScripts.
"use strict";

class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.ready = new Promise((resolve) => {
      const begin = () => {
        document.body.appendChild(this.frame);
        const inside = this.frame.contentWindow;
        inside.document.open();
        inside.document.write("<html><body></body></html>");
        inside.document.close();
        const load = (source) =>
          new Promise((loaded, failed) => {
            const script = inside.document.createElement("script");
            script.src = source;
            script.onload = loaded;
            script.onerror = failed;
            inside.document.body.appendChild(script);
          });
        inside.postMessage = (data) => this.receive(data);
        inside.importScripts = (...sources) =>
          sources.reduce((before, source) => before.then(() => load(source)), Promise.resolve());
        load(String(url)).then(() => resolve(inside), (error) => this.dispatchEvent(error));
      };
      document.body ? begin() : addEventListener("DOMContentLoaded", begin);
    });
  }

  receive(data) {
    const event = new MessageEvent("message", { data });
    this.dispatchEvent(event);
    if (this.onmessage) this.onmessage(event);
  }

  postMessage(data) {
    this.ready.then((inside) => {
      const event = new MessageEvent("message", { data: structuredClone(data) });
      inside.dispatchEvent(event);
    });
  }

  terminate() {
    this.frame.remove();
  }
}

if (location.protocol === "file:") window.Worker = FrameWorker;

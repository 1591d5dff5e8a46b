(frame => {                                            // tells the page in the frame whether the notebook is dark
  const tell = () => {
    let at = frame.parentElement, c = [255, 255, 255];
    for (; at; at = at.parentElement) {
      const found = getComputedStyle(at).backgroundColor.match(/[\d.]+/g).map(Number);
      if (found.length < 4 || found[3] > 0.5) { c = found; break; }
    }
    frame.contentWindow?.postMessage({ dark: c[0] * 0.3 + c[1] * 0.59 + c[2] * 0.11 < 128 }, '*');
  };
  frame.addEventListener('load', tell);
  new MutationObserver(tell).observe(document.body, { attributes: true });
  tell();
  frame.previousElementSibling.remove();               // the text for where neither frames nor scripts are allowed
})(document.currentScript.previousElementSibling);

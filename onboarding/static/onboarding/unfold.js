// Opens what is folded around the place that the address names. Browsers of today do that
// themselves; older ones would show a page on which nothing is open.
"use strict";

(() => {
  const unfold = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let folded = place?.closest("details:not([open])");
    while (folded) {
      folded.open = true;
      place.scrollIntoView();
      folded = place.closest("details:not([open])");
    }
  };
  addEventListener("hashchange", unfold);
  unfold();
})();

// Maps that can be moved, each in place of its picture: <figure data-map="..."> says what is on it (alerts/web/public/
// maps.py). Where anything fails, or who reads saves data, the picture stays. Words of strangers are set as text.
(() => {
  "use strict";

  const LEVELS = ["minor", "moderate", "severe", "extreme"];
  const EXACT = ["city", "admin2"]; // of regions and countries only the middle is known
  const OVER = ["ended", "closed"];
  const NOT_SHOWN = ["cancelled", "merged"]; // what did not happen, or is there as another alert
  const REACH = 28; // pixels in which a finger finds a mark, at least
  const NEAR = 24; // pixels: marks nearer to each other are one
  const FINE = 4.5; // the zoom from which countries are drawn finely
  const LINKS = 6; // in a popup
  const WIDER = { city: 0, admin2: 0, admin1: 10, country: 18 }; // pixels by which a ring is larger than a dot
  const SIZES = { minor: 14, moderate: 16, severe: 19, extreme: 22 };
  const LETTER = 7.5; // pixels a letter of a country's name takes, about
  const WORLD = [[-56, -130], [68, 160]];
  const { leaflet: PROGRAM, style: STYLE } = document.currentScript.dataset;

  const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const byTouch = matchMedia("(pointer: coarse)").matches;
  const number = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  function element(tag, name, ...inside) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...inside);
    return made;
  }

  async function fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.json();
  }

  function loaded(made, insert) {
    return new Promise((done, failed) => {
      Object.assign(made, { onload: done, onerror: failed });
      insert(made);
    });
  }

  let program = null; // Leaflet is loaded with the first map that comes into view
  function leaflet() {
    if (program) return program;
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLE });
    const script = Object.assign(document.createElement("script"), { src: PROGRAM });
    const ours = document.querySelector('link[rel="stylesheet"][data-map]'); // comes last, and wins
    program = Promise.all([
      loaded(style, (made) => ours.before(made)),
      loaded(script, (made) => document.head.append(made)),
    ]);
    return program;
  }

  // What is known of alerts, from GeoJSON and from the page itself, in one form.
  function alertsOf(found, given) {
    const features = found.features.map((one) => {
      const [lon, lat] = one.geometry ? one.geometry.coordinates : [null, null];
      return { ...one.properties, lat, lon };
    });
    return [...features, ...given];
  }

  const isExact = (one) => EXACT.includes(one.precision);
  const whereOf = (one) => (isExact(one) ? one.place : `somewhere in ${one.place}`);
  const isOver = (one) => OVER.includes(one.state);
  const rank = (one) => (isOver(one) ? 0 : 10) + LEVELS.indexOf(one.severity);

  class AlertMap {
    constructor(box, given, world, alerts) {
      this.given = given;
      this.box = box;
      this.map = L.map(box, {
        attributionControl: false, // Natural Earth is named below the map
        zoomControl: false,
        zoomSnap: 0.5,
        minZoom: 0.5,
        maxZoom: 10,
        maxBounds: [[-75, -220], [86, 240]],
        scrollWheelZoom: false, // a page is read by turning the wheel; the map has it while it is in use
        dragging: !byTouch, // one finger moves the page, two the map
        tapHold: false,
        zoomAnimation: !quiet,
        fadeAnimation: !quiet,
        markerZoomAnimation: !quiet,
        inertia: !quiet,
        renderer: L.svg({ padding: 0.5 }),
      });
      this.features = new Map(world.features.map((one) => [one.id, one]));
      const shown = alerts.filter((one) => one.lat !== null && !NOT_SHOWN.includes(one.state));
      this.shown = shown.map((one) => ({ ...one, lon: this.near(one.lon, one.country) }));
      this.shown.sort((one, other) => rank(other) - rank(one));
      this.fit();
      this.draw(world);
      L.control.zoom({ position: "topright" }).addTo(this.map);
      L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(this.map);
      this.places();
      this.marks = L.layerGroup().addTo(this.map);
      this.group();
      this.map.on("zoomend", () => this.group());
      this.map.on("moveend", () => this.refine());
      this.refine();
      this.listen();
    }

    fit() {
      const points = this.shown.map((one) => [one.lat, one.lon]);
      const bounds = this.given.bounds || (points.length ? L.latLngBounds(points).pad(0.15) : WORLD);
      const room = this.given.bounds ? 8 : 24;
      this.map.fitBounds(bounds, { padding: [room, room], maxZoom: this.given.bounds ? 10 : 6, animate: false });
    }

    // A longitude where the map has its country, which may go on past 180.
    near(lon, country) {
      const land = this.features.get(country);
      return land ? lon + 360 * Math.round((land.properties.at[0] - lon) / 360) : lon;
    }

    draw(world) {
      this.countries = new Map();
      this.names = L.layerGroup().addTo(this.map);
      for (const feature of world.features) {
        const layer = this.land(feature).addTo(this.map);
        if (feature.id) this.countries.set(feature.id, { layer, feature, fine: false });
      }
    }

    land(feature) {
      const own = feature.id && feature.id === this.given.own;
      const className = own ? (this.given.shaded ? "land own whole" : "land own") : "land";
      return L.geoJSON(feature, { interactive: false, style: { className, weight: 1, fillOpacity: 1 } });
    }

    // What is in view, finely where that can be seen, and named where there is room.
    refine() {
      const zoom = this.map.getZoom();
      const view = this.map.getBounds().pad(0.1);
      this.names.clearLayers();
      for (const [code, country] of this.countries) {
        if (!view.intersects(country.layer.getBounds())) continue;
        if (zoom >= FINE && !country.fine) this.fine(code, country);
        const { name, at, wide } = country.feature.properties;
        const room = name.length * LETTER;
        const { x } = this.map.latLngToContainerPoint([at[1], at[0]]);
        const cut = x < room / 2 || x > this.map.getSize().x - room / 2;
        if (cut || (wide * 256 * 2 ** zoom) / 360 < room) continue;
        const icon = L.divIcon({ className: "country-name", html: element("span", "", name), iconSize: [0, 0] });
        const label = L.marker([at[1], at[0]], { icon, interactive: false, keyboard: false, zIndexOffset: -9000 });
        this.names.addLayer(label);
      }
    }

    async fine(code, country) {
      country.fine = true;
      try {
        const found = await fetched(`${this.given.land}${code}.geojson?v=${this.given.tag}`);
        const layer = this.land(found.features[0]).addTo(this.map);
        country.layer.remove();
        country.layer = layer;
        // What lies within others, or is small, was drawn after them and must stay over them.
        if (country.feature.properties.wide > 3) layer.bringToBack();
      } catch {
        country.fine = false; // the coarse one will do; the next move tries again
      }
    }

    // The places that the page is about, with their names.
    places() {
      for (const spot of this.given.spots || []) {
        if (spot.lat === null) continue;
        const kind = `${spot.main ? "main" : "beside"} ${isExact(spot) ? "exact" : "vague"}`;
        const html = element("span", `spot ${kind}`, element("b", "", spot.name));
        const icon = L.divIcon({ className: "spot-icon", html, iconSize: [0, 0] });
        const options = { icon, interactive: false, keyboard: false, zIndexOffset: spot.main ? 5000 : -5000 };
        L.marker([spot.lat, this.near(spot.lon, this.given.own)], options).addTo(this.map);
      }
    }

    // Marks: one for all that would lie on each other, at the place of the worst.
    group() {
      const groups = []; // the worst come first, and gather what is near
      for (const one of this.shown) {
        const at = this.map.project([one.lat, one.lon]);
        const near = groups.find((group) => isExact(group.all[0]) === isExact(one) && group.at.distanceTo(at) < NEAR);
        if (near) near.all.push(one);
        else groups.push({ at, all: [one] });
      }
      const open = this.opened && this.map.hasLayer(this.opened.getPopup()) ? this.opened.key : null;
      const held = this.box.contains(document.activeElement) && document.activeElement !== this.box;
      this.marks.clearLayers();
      for (const group of groups) this.mark(group.all, open);
      if (held && !this.box.contains(document.activeElement)) this.box.focus({ preventScroll: true });
    }

    mark(group, open) {
      const [worst] = group; // they stand sorted
      const words = this.words(group);
      const dot = SIZES[isOver(worst) ? "minor" : worst.severity] + (group.length > 1 ? 6 : 0);
      const size = dot + WIDER[worst.precision];
      const kind = `${isExact(worst) ? "exact" : "vague"} ${isOver(worst) ? "over" : worst.severity}`;
      const html = element("span", `mark ${kind}`, group.length > 1 ? String(group.length) : "");
      html.style.width = html.style.height = `${size}px`;
      const room = Math.max(size, REACH);
      const icon = L.divIcon({ className: "mark-icon", html, iconSize: [room, room] });
      const mark = L.marker([worst.lat, worst.lon], { icon, title: words, zIndexOffset: 1000 * rank(worst), riseOnHover: true });
      mark.key = worst.id;
      mark.bindPopup(() => this.popup(group, words), { maxWidth: 260, maxHeight: this.box.clientHeight * 0.6, autoPanPadding: [8, 8] });
      mark.on("popupopen", () => (this.opened = mark));
      this.marks.addLayer(mark);
      const at = mark.getElement();
      at.setAttribute("aria-label", words);
      at.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault(); // the page would move on
        mark.openPopup();
      });
      if (worst.id === open) mark.openPopup();
    }

    words(group) {
      const [worst] = group;
      const others = new Set(group.map((one) => one.place)).size - 1;
      const beside = others ? ` and ${number(others, "other place")}` : "";
      const how = isOver(worst) ? "over" : `${group.length > 1 ? "the worst " : ""}${worst.severity}`;
      return `${number(group.length, "alert")}, ${whereOf(worst)}${beside}: ${how}`;
    }

    popup(group, words) {
      const list = element("ul", "");
      for (const one of group.slice(0, LINKS)) {
        const link = element("a", "", one.title);
        link.href = `${this.given.root}/alerts/${encodeURIComponent(one.id)}`;
        link.dir = "auto";
        const how = isOver(one) ? `${one.severity}, over` : one.severity;
        const doubt = one.place_doubtful ? " (the place is not certain)" : "";
        list.append(element("li", "", link, element("span", "quiet", `${how} · ${whereOf(one)}${doubt}`)));
      }
      const rest = group.length - LINKS;
      const made = element("div", "popup", list);
      if (rest > 0) made.append(element("p", "quiet", `And ${rest} more: zoom in, or look at the list.`));
      made.tabIndex = -1;
      made.setAttribute("role", "group");
      made.setAttribute("aria-label", words);
      return made;
    }

    // The keyboard goes into a popup and back to its mark; the wheel is the map's while it is in use.
    listen() {
      const { map, box } = this;
      map.on("popupopen", ({ popup }) => popup.getElement().querySelector(".popup").focus({ preventScroll: true }));
      map.on("popupclose", ({ popup }) => {
        const inside = popup.getElement()?.contains(document.activeElement);
        if (inside) (this.opened?.getElement() || box).focus({ preventScroll: true });
      });
      box.addEventListener("keydown", (event) => {
        if (event.key === "Escape") map.closePopup();
      });
      box.addEventListener("focusin", () => map.scrollWheelZoom.enable());
      box.addEventListener("focusout", () => map.scrollWheelZoom.disable());
    }
  }

  // How many alerts are on the map and how many are not: nobody shall take what is missing for peace.
  function tally(alerts, more) {
    const unknown = alerts.filter((one) => one.lat === null && !NOT_SHOWN.includes(one.state)).length;
    const left = alerts.filter((one) => NOT_SHOWN.includes(one.state)).length;
    const on = alerts.length - unknown - left;
    if (on === alerts.length && !more) return `On the map: ${number(on, "alert")}.`;
    const missing = [];
    if (unknown) missing.push(`${unknown} without a known place`);
    if (left) missing.push(`${left} cancelled or merged`);
    const rest = missing.length ? ` Not on it: ${missing.join(", ")}.` : "";
    return `On the map: ${on} of ${more ? "the latest " : ""}${number(alerts.length, "alert")}.${rest}`;
  }

  async function start(figure) {
    const given = JSON.parse(figure.dataset.map);
    const none = { features: [] };
    const [world, found] = await Promise.all([
      fetched(given.world),
      given.source ? fetched(given.source) : none,
      leaflet(),
    ]);
    const alerts = alertsOf(found, given.alerts || []);
    const picture = figure.querySelector("img");
    const box = element("div", "map");
    box.style.aspectRatio = `${picture.getAttribute("width")} / ${picture.getAttribute("height")}`; // nothing jumps
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", given.label);
    picture.replaceWith(box);
    try {
      new AlertMap(box, given, world, alerts);
    } catch (fault) {
      box.replaceWith(picture);
      throw fault;
    }
    const near = alerts.length ? `Also marked: ${number(alerts.length, "alert")} near it.` : "";
    const note = element("p", "tally", given.source ? tally(alerts, found.next) : near);
    note.tabIndex = -1;
    note.id = `after-map-${document.querySelectorAll(".map").length}`;
    box.after(note);
    const skip = element("a", "skip-map", "Skip the map");
    skip.href = `#${note.id}`;
    box.before(skip);
  }

  const figures = document.querySelectorAll("figure[data-map]");
  if (navigator.connection?.saveData) {
    for (const figure of figures) figure.classList.add("still");
    return;
  }
  const inView = new IntersectionObserver((seen) => {
    for (const { target } of seen.filter((one) => one.isIntersecting)) {
      inView.unobserve(target);
      start(target).catch(() => target.classList.add("still")); // the picture says the same
    }
  }, { rootMargin: "200px" });
  for (const figure of figures) inView.observe(figure);
})();

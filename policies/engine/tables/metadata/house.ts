/** The house itself: lights, cameras, sensors. */
import { app } from "./row";

export const houseApps = [
  app(
    "Home Assistant",
    "home-assistant/home-assistant homeassistant/home-assistant homeassistant/.*-homeassistant",
    "/config",
    "https://github.com/home-assistant/core/blob/HEAD/rootfs/etc/services.d/home-assistant/run",
  ),
  app(
    "ESPHome",
    "esphome/esphome",
    "/config",
    "https://github.com/esphome/esphome/blob/HEAD/docker/Dockerfile",
  ),
  app("Node-RED", "node-red node-red-docker", "/data", "https://nodered.org/docs/getting-started/docker"),
  app(
    "Zigbee2MQTT",
    "zigbee2mqtt",
    "/app/data",
    "https://www.zigbee2mqtt.io/guide/installation/02_docker.html",
  ),
  app(
    "Z-Wave JS UI",
    "zwave-js-ui zwavejs2mqtt",
    "/usr/src/app/store",
    "https://zwave-js.github.io/zwave-js-ui/#/getting-started/docker",
  ),
  app(
    "openHAB",
    "openhab/openhab",
    "/openhab/userdata /openhab/conf",
    "https://github.com/openhab/openhab-docker/blob/HEAD/alpine/Dockerfile",
  ),
  app(
    "Frigate",
    "blakeblackshear/frigate",
    "/config /media/frigate",
    "https://docs.frigate.video/frigate/installation",
  ),
  app(
    "Scrypted",
    "koush/scrypted",
    "/server/volume",
    "https://github.com/koush/scrypted/blob/HEAD/install/docker/docker-compose.yml",
  ),
  app(
    "Homebridge",
    "homebridge/homebridge oznu/homebridge",
    "/homebridge",
    "https://github.com/homebridge/docker-homebridge/blob/HEAD/README.md",
  ),
  app(
    "Music Assistant",
    "music-assistant/server",
    "/data",
    "https://github.com/music-assistant/music-assistant.io/blob/HEAD/docs/installation.md",
  ),
  app(
    "Matter Server",
    "python-matter-server",
    "/data",
    "https://github.com/home-assistant-libs/python-matter-server/blob/HEAD/docs/docker.md",
  ),
  app(
    "ioBroker",
    "buanet/iobroker",
    "/opt/iobroker",
    "https://github.com/buanet/ioBroker.docker/blob/HEAD/docker-compose.yml",
  ),
  app(
    "Domoticz",
    "domoticz/domoticz",
    "/opt/domoticz/userdata",
    "https://github.com/domoticz/domoticz-docker/blob/HEAD/README.md",
  ),
];

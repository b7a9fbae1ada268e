// The texts of `--help` and of what the command line does not understand.

/** What `fanwire --help` prints. */
export const HELP = `Fanwire: a realtime WebSocket server that speaks the Pusher protocol.

Usage
  fanwire [serve] [options]              start the server
  fanwire publish CHANNEL EVENT DATA     publish one event
  fanwire tail CHANNEL                   print the events of a channel
  fanwire demo [--port N] [--host H]     start it with a live market dashboard
  fanwire config check|print|docs        check, print or document the configuration
  fanwire --version | --help

Options of serve
  --config FILE          configuration, TOML or JSON (default: FANWIRE_CONFIG, fanwire.toml, fanwire.json)
  --host HOST            address to listen on (default: 0.0.0.0)
  --port N               port to listen on, 0 for any (default: 6001)
  --app ID:KEY:SECRET    an app, beside those of the configuration
  --workers N            processes that share the port (this version: 1)

Options of publish and tail
  --app ID:KEY:SECRET    the app (default: FANWIRE_APP, else your development server on the port)
  --url URL              the server (default: http://127.0.0.1:6001)
  --port N               the port of the server on this machine (default: 6001)

Without any app configured, the server starts in development mode: it makes an app with random
credentials and prints what to paste into pusher-js, Laravel and a shell.
`;

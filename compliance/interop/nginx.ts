/** nginx, as long as the scope lives: with these servers in its configuration, and these files beside it. */
import { NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Program from "./Program.ts"

/** Succeeds once it listens on `port`. `servers` is told the folder that the files are in. */
export const start = Effect.fnUntraced(function* (
  port: number,
  files: Readonly<Record<string, string>>,
  servers: (folder: string) => string
) {
  const system = yield* FileSystem.FileSystem
  const folder = yield* system.makeTempDirectoryScoped()
  const all = { ...files, "nginx.conf": configuration(folder, servers(folder)) }
  yield* Effect.forEach(Object.entries(all), ([name, text]) => system.writeFileString(`${folder}/${name}`, text))
  yield* Program.listening("nginx", "nginx", ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", "stderr"], port)
}, Effect.provide(NodeServices.layer))

/** Passes WebSockets on to a server of ours. */
export const pass = (upstream: number) => `
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;`

const configuration = (folder: string, servers: string) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${servers}
}
`

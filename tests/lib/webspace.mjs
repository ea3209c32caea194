/*
 * A web space: a folder that a web server hands out, with programs in it that
 * it starts, for who has neither root nor a word in its configuration.
 *
 *   const space = new WebSpace({ dir, log, ids });
 *   space.mount('id', { program, config });
 *   await space.start('apache');
 *   await fetch(`${space.url}/id/me`);
 *   await space.stop();
 *
 * A request with the header "X-Tls: yes" came by HTTPS, as far as the program
 * is told.
 */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, top } from './instance.mjs';

const MODULES = '/usr/lib/apache2/modules';
const isRoot = process.getuid() === 0;
const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/* mod_fcgid, and what etc/htaccess asks of the host; it cannot be changed. */
function apache({ dir, log, ids, port, settings }) {
  const modules = ['mpm_event', 'authz_core', 'env', 'fcgid', 'mime',
    'rewrite', 'setenvif'];
  return [`ServerRoot "${dir}"
ServerName localhost
PidFile "${dir}/httpd.pid"
DefaultRuntimeDir "${dir}"
ErrorLog "${log}"
${modules.map((name) =>
    `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${isRoot ? `User #${ids[0]}\nGroup #${ids[1]}` : ''}
TypesConfig /dev/null
AddType text/html .html
AddType text/css .css
Listen 127.0.0.1:${port}
FcgidIPCDir "${dir}/ipc"
FcgidProcessTableFile "${dir}/ipc.table"
FcgidMaxProcesses 16
FcgidMaxProcessesPerClass 4
${settings}
DocumentRoot "${dir}/site"
SetEnvIf X-Tls yes HTTPS=on
<Directory "${dir}/site">
  Options SymLinksIfOwnerMatch
  AllowOverride FileInfo AuthConfig Options=ExecCGI
  Require all granted
</Directory>
`, '/usr/sbin/apache2', '-DFOREGROUND', '-f'];
}

/* Programs by bin-path; files of the folder win, as with etc/htaccess. */
function lighttpd({ dir, user, port, mounts, settings }) {
  return [`server.modules = ( "mod_setenv", "mod_fastcgi" )
server.document-root = "${dir}/site"
server.bind = "127.0.0.1"
server.port = ${port}
${isRoot ? `server.username = "${user}"\nserver.groupname = "${user}"` : ''}
server.upload-dirs = ( "${dir}" )
mimetype.assign = ( ".html" => "text/html", ".css" => "text/css" )
$REQUEST_HEADER["X-Tls"] == "yes" {
	setenv.add-environment = ( "HTTPS" => "on" )
}
${settings}
${mounts.map((name) => `$HTTP["url"] !~ "\\.(html|css)$" {
	fastcgi.server += ( "/${name}" => ((
		"bin-path" => "${dir}/site/${name}/postern.fcgi",
		"socket" => "${dir}/${name}.socket", "max-procs" => 3,
		"check-local" => "disable"
	)) )
}`).join('\n')}
`, '/usr/sbin/lighttpd', '-D', '-f'];
}

const servers = { apache, lighttpd };

export class WebSpace {
  /*
   * dir	of the space: what ids, the user and group that its programs run
   *	as, can reach
   * log	where the web server and the programs write
   */
  constructor({ dir, log, ids, user }) {
    Object.assign(this, { dir, log, ids, user, mounts: [] });
    mkdirSync(join(dir, 'site'), { recursive: true });
  }

  folder(name) {
    return join(this.dir, 'site', name);
  }

  /* Make a folder as the head of etc/htaccess tells to make it. */
  mount(name, { program, config, args = [] }) {
    const folder = this.folder(name);
    const wrapper = join(folder, 'postern.fcgi');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.htaccess'),
      readFileSync(join(top, 'etc/htaccess'), 'utf8')
        .replace('RewriteBase /id/', `RewriteBase /${name}/`));
    writeFileSync(wrapper, `#!/bin/sh
POSTERN_CONFIG=${quote(config)}
export POSTERN_CONFIG
exec ${[program, ...args].map(quote).join(' ')} serve
`);
    chmodSync(wrapper, 0o755);
    this.mounts.push(name);
    return folder;
  }

  /* settings: lines of the server's own, which its host has written. */
  async start(web = 'apache', settings = '') {
    this.port = await freePort();
    this.url = `http://localhost:${this.port}`;
    const [text, ...command] = servers[web]({ ...this, settings });
    const file = join(this.dir, `${web}.conf`);
    writeFileSync(file, text);
    const log = openSync(this.log, 'a');
    this.server = spawn(command[0], [...command.slice(1), file],
      { stdio: ['ignore', log, log] });
    closeSync(log);
    this.gone = new Promise((done) => { this.server.on('exit', done); });
  }

  async stop() {
    this.server?.kill();
    await this.gone;
  }

  said() {
    return readFileSync(this.log, 'utf8');
  }
}

/*
 * The whole story of a login, on Postern's API of single endpoints, without
 * flows.  Take what you need: api.js talks to the server, ui.js shows one
 * section of the page after another, login.js and account.js are the rooms
 * before and behind the door.
 */
import { enter } from './account.js';
import { api, isThere } from './api.js';
import { offerPasskeys } from './login.js';
import { findPasskeys } from './passkeys.js';
import { $, complain, explain, show, state } from './ui.js';

/* What a site may have beside the page, or not; keys.html wants a file. */
async function offer(id, path) {
  $(id).hidden = !await isThere(path);
}

document.addEventListener('entered', () => offer('members', 'members/'));
offer('keys', 'organisation.js');

async function begin() {
  try {
    state.config = (await api('GET', '.well-known/config')).data;
    const { password, account } = state.config;
    $('choose-password').hidden = !password.enabled;
    $('set-password').hidden = !password.enabled;
    $('new-password-hint').textContent =
      `At least ${password.min_password_length} characters.`;
    $('delete-account').hidden = !account.allow_deletion;

    /* Always 200, so that a visitor without a session sees no error. */
    const { data } = await api('GET', 'sessions/validate');
    if (data.is_valid) {
      await findPasskeys('GET', 'webauthn/credentials');
      await enter();
    } else {
      const ready = await findPasskeys('POST', 'webauthn/login/initialize', {});
      show('email');
      offerPasskeys(ready);
    }
  } catch (error) {
    show('email');
    complain('email-error', explain(error));
  }
}

begin();

// What surrounds a view: who draws it gives the language, the actions that
// it may ask for and the way to ask. Without a host there are no actions.
import { createContext, useContext } from 'react';

const refuse = () => Promise.reject(new Error('Nothing can be run from here'));

export const NOBODY = {
	locale: 'en-GB', timeZone: 'UTC', theme: undefined, currency: undefined, actions: {}, call: refuse,
};

// {locale, timeZone, currency, theme, actions: {NAME: {title, effect,
// summary, inputSchema}}, call(name, params) -> promise of {content:
// [{type, text}], isError}, copy(text)?}
export const Ctx = createContext(NOBODY);

export const useHost = () => useContext(Ctx) ?? NOBODY;

// True inside a card: what is drawn there needs no frame of its own.
export const Inside = createContext(false);

export function actionOf(host, name) {
	const actions = host.actions;

	if (typeof name !== 'string' || !actions || !Object.prototype.hasOwnProperty.call(actions, name))
		return undefined;
	return actions[name];
}

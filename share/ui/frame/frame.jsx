// The runtime of a view that is a tree: no part of it can run code.
import { begin } from './view.jsx';

begin(null);

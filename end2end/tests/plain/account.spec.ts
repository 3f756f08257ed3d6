import { journeys } from '../../support/account';

// Everything here runs with JavaScript switched off: links and forms only.
journeys(false);

import { journeys } from '../support/account';

journeys(true);

import { WORKER_FAULTS } from '../../lab/chaos/catalogue/workers.ts';
import { sharing } from './catalogue.ts';

sharing(WORKER_FAULTS);

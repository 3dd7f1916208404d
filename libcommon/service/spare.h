/* Gives memory back to the system when the process is calm again after it was busy. */
#ifndef CUOTAS_SERVICE_SPARE_H
#define CUOTAS_SERVICE_SPARE_H

/* On the loop's thread, with the loop. */
void spare_start(void);
void spare_stop(void);

#endif

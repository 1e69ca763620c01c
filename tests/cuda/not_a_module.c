/* A library that is not the module. */
int not_a_module(void);

int not_a_module(void)
{
    return 0;
}
